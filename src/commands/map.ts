import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { chooseMode, prepareMap } from './map/job.js'
import { namedFiles } from './map/named-files.js'
import { checkMapFlags, listMapOptions, type MapFlags } from './map/options.js'

export const define = (): Definition => ({
  words: {
    name: 'map',
    purpose:
      'Call a program, an HTTP API or a function for each record, with timeouts, retries and order; the answer takes its place',
    usage: '[OPTION...] [FILE...] (-- COMMAND [ARG...] | --http URL | --js FUNCTION | --module FILE)',
    examples: [
      { note: 'the record is on stdin, the answer on stdout', run: 'streamz map -- ./enrich.sh < orders.ndjson' },
      {
        note: 'a field as an argument, eight at once, at most 5 seconds each',
        run: 'streamz map -j 8 --timeout 5s --raw -- echo {.user} < orders.ndjson',
      },
      {
        note: 'add the answer to the record, try again what may pass, keep what fails',
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
        note: 'only look at what would be called',
        run: 'streamz map --dry-run orders.ndjson -- ./charge.sh --amount {.amount}',
      },
      {
        note: 'a request instead of a program',
        run: "streamz map --dry-run --http 'https://api.example.com/users/{.user}' -X GET orders.ndjson",
      },
    ],
    notes:
      '{.path} in an ARG is replaced by that field, as one argument that no shell sees; {{ is a brace. The command finds the id,\nthe attempt and the line number in STREAMZ_ID, STREAMZ_ATTEMPT and STREAMZ_LINE. Its stderr is passed on.\nA process per record costs 1 to 3 ms. Retries call again: ask for them only where twice does no harm.\nA worker answers each line with exactly one line and must not hold its output back; it finds no STREAMZ_ variables.\nWith --http the record is posted as JSON and a 2xx answer is the result; values of --header, --body, --proxy and the URL\nitself may be env:NAME or @FILE and are shown nowhere; a server that asks to wait (429, Retry-After) is left alone by all.\nJavaScript that returns undefined leaves the record out; it has the rights of your shell. With --batch items are counted.',
    seeAlso: ['throttle', 'dlq', 'batch'],
    exit: ['notExecutable', 'notFound'],
  },
  operands: [operand('[files...]')],
  options: listMapOptions(),
  takesCommand: true,
  prepare({ operands, flags, rest }: Invocation<MapFlags>) {
    const [files] = operands as [string[]]
    checkMapFlags(flags)
    const mode = chooseMode(flags, rest, 'map')
    return {
      command: 'map',
      options: flags,
      files,
      create: prepareMap(mode, flags),
      writes: { '--rate-state': flags.rateState },
      killAfter: flags.killAfter,
      killNow: mode.killNow,
      begin: mode.begin,
      reads: namedFiles(flags),
      rest,
    }
  },
})
