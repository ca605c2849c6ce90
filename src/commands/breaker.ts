import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { type BreakerFlags, listBreakerOptions } from './breaker/options.js'
import { prepareBreaker } from './breaker/run.js'
import { listVerbs } from './breaker/verbs.js'
import { listJournalOptions } from './map/journal/options.js'
import { listMapOptions } from './map/options.js'

export const define = (): Definition => ({
  words: {
    name: 'breaker',
    purpose: 'Call a program for each record, as `map` does, and stop calling while it is down',
    usage: '[OPTION...] [FILE...] -- COMMAND [ARG...]\n       streamz breaker status|check|open|close|reset STATE',
    examples: [
      {
        note: 'when half of the calls fail, wait, then probe with one record at a time',
        run: 'streamz breaker --timeout 2s -- ./enrich.sh < orders.ndjson',
      },
      {
        note: 'runs share the state; while it is open, they exit with 75 and read nothing',
        run: 'streamz breaker --state api.json --on-open fail -- wc -c < orders.ndjson',
      },
      {
        note: 'a circuit per customer: if one is down, the others proceed',
        run: 'streamz breaker --breaker-key .user --order completion --raw -- echo {.user} < orders.ndjson',
      },
      { note: 'show why it is open, since when, and what to do', run: 'streamz breaker status api.json' },
    ],
    notes: `Before you use it:
  1. A breaker is unusual in stream processing: a stream has no requests. This one guards the calls made for the records,
     not the stream.
  2. Look at throttle, dlq, gate and map --timeout --retries first: they are usually enough.
  3. The state it keeps makes debugging harder: what a run does depends on earlier runs (see breaker status, --no-state).
  4. Do not use it in production until you have decided what should happen while it is open (--on-open).

An attempt fails when it times out, is killed, loses its connection, exits with a code other than 0 and 65, or gets
status 408 or 5xx (except 501, 505). Not counted: 429, an answer that says when to retry, any other status, a script that
throws, and output that is not JSON. --failure-on and --ignore change that; --fail-rate off or --consecutive off leaves
one rule. STATE is a file, a folder with --breaker-key, or --name NAME. check exits 0 if calls would be made, 75 if not.
All options of map apply: streamz help map.`,
    seeAlso: ['map', 'gate', 'throttle', 'dlq'],
    exit: ['temporary', 'notExecutable', 'notFound'],
  },
  operands: [operand('[files...]')],
  options: [...listBreakerOptions(), ...listMapOptions(), ...listJournalOptions()],
  takesCommand: true,
  verbs: listVerbs(),
  prepare({ operands, flags, rest }: Invocation<BreakerFlags>) {
    const [files] = operands as [string[]]
    return prepareBreaker(flags, files, rest)
  },
})
