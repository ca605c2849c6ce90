import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { prepareServers } from '../cli/servers/prepare.js'
import { chooseMode, prepareMap } from './map/job.js'
import { listJournalOptions } from './map/journal/options.js'
import { prepareJournal } from './map/journal/prepare.js'
import { namedFiles } from './map/named-files.js'
import { checkMapFlags, listMapOptions, type MapFlags } from './map/options.js'

export const define = (): Definition => ({
  words: {
    name: 'map',
    purpose:
      'Call a program, an HTTP API or a function for each record, with timeouts and retries; the answer replaces the record',
    usage: '[OPTION...] [FILE...] (-- COMMAND [ARG...] | --http URL | --js FUNCTION | --module FILE)',
    examples: [
      { note: 'the record is on stdin, the answer on stdout', run: 'streamz map -- ./enrich.sh < orders.ndjson' },
      {
        note: 'pass a field as an argument, eight calls at a time, at most 5 seconds each',
        run: 'streamz map -j 8 --timeout 5s --raw -- echo {.user} < orders.ndjson',
      },
      {
        note: 'add the answer to the record, retry temporary failures, keep failed records',
        run: 'streamz map --into .length --retries 3 --dlq failed.ndjson -- wc -c < orders.ndjson',
      },
      {
        note: 'one process for many records, a line in and a line out',
        run: 'streamz map --worker -- cat < orders.ndjson',
      },
      {
        note: 'a JavaScript function',
        run: "streamz map --js 'r => ({...r, total: r.amount * 2})' < orders.ndjson",
      },
      {
        note: 'show the calls without making them',
        run: 'streamz map --dry-run orders.ndjson -- ./charge.sh --amount {.amount}',
      },
      {
        note: 'a request instead of a program',
        run: "streamz map --dry-run --http 'https://api.example.com/users/{.user}' -X GET orders.ndjson",
      },
    ],
    notes:
      '{.path} in an ARG is replaced by that field, as one argument, without a shell; {{ is a literal brace. STREAMZ_ID,\nSTREAMZ_ATTEMPT and STREAMZ_LINE contain the id, the attempt and the line number. The stderr of the command is passed through.\nA process per record costs 1 to 3 ms. Use retries only if calling twice does no harm.\nA worker must answer each line with exactly one line and must not buffer its output; it has no STREAMZ_ variables.\nWith --http the record is posted as JSON and a 2xx response is the result. --header, --body, --proxy and the URL may be\nenv:NAME or @FILE; such values are never shown. When a server asks to wait (429, Retry-After), no call is made before then.\nJavaScript that returns undefined drops the record; it can do everything your shell can. With --batch, all counts are counts of items.',
    seeAlso: ['throttle', 'dlq', 'batch'],
    exit: ['temporary', 'notExecutable', 'notFound'],
  },
  operands: [operand('[files...]')],
  options: [...listMapOptions(), ...listJournalOptions()],
  takesCommand: true,
  prepare({ operands, flags, rest }: Invocation<MapFlags>) {
    const [files] = operands as [string[]]
    checkMapFlags(flags)
    const mode = chooseMode(flags, rest, 'map')
    const journal = prepareJournal(flags, rest, 'map')
    const servers = prepareServers(flags, { '--rate-state': flags.rateState })
    const create = prepareMap(mode, flags, { journal })
    return {
      command: 'map',
      options: flags,
      files,
      create(shared, context) {
        servers.tellRisks(shared.messages.warn)
        return create(shared, context)
      },
      journal,
      writes: { '--rate-state': flags.rateState, '--journal': journal?.path },
      killAfter: flags.killAfter,
      killNow: mode.killNow,
      async begin() {
        mode.begin?.()
        await servers.connect()
      },
      reads: namedFiles(flags),
      rest,
    }
  },
})
