import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { type BreakerFlags, listBreakerOptions } from './breaker/options.js'
import { prepareBreaker } from './breaker/run.js'
import { listVerbs } from './breaker/verbs.js'
import { listMapOptions } from './map/options.js'

export const define = (): Definition => ({
  words: {
    name: 'breaker',
    purpose: 'Call a program for each record, as `map` does, and stop calling while it is down',
    usage: '[OPTION...] [FILE...] -- COMMAND [ARG...]\n       streamz breaker status|check|open|close|reset STATE',
    examples: [
      {
        note: 'while half of the calls fail, wait; then try one record at a time',
        run: 'streamz breaker --timeout 2s -- ./enrich.sh < orders.ndjson',
      },
      {
        note: 'runs that share a state do not call what another one found down: exit 75, nothing read',
        run: 'streamz breaker --state api.json --on-open fail -- wc -c < orders.ndjson',
      },
      {
        note: 'a circuit for each customer: one that is down does not hold up the others',
        run: 'streamz breaker --breaker-key .user --order completion --raw -- echo {.user} < orders.ndjson',
      },
      { note: 'why it is open, since when, and what to do', run: 'streamz breaker status api.json' },
    ],
    notes: `Before you use it:
  1. It goes against the grain of stream processing: a stream has no requests, so this guards the calls made for its
     records, not the stream.
  2. Look at throttle, dlq, gate and map --timeout --retries first: most of the time they are enough.
  3. The state it keeps makes debugging harder: what a run does depends on runs before it (status tells, --no-state helps).
  4. Not recommended for production before you have decided what happens while it is open (--on-open).

An attempt fails when it times out, is killed, loses its connection, exits with anything but 0 and 65, or is answered with
status 408 or 5xx (not 501, 505). 429, an answer that says when to come back, any other status, a script that throws and
output that is not JSON do not count. --failure-on and --ignore change that; --fail-rate off or --consecutive off leaves
one rule. STATE is a file, a folder with --breaker-key, or --name NAME. check exits 0 when calls would be made, 75 when not.
All options of map apply: streamz help map.`,
    seeAlso: ['map', 'gate', 'throttle', 'dlq'],
    exit: ['temporary', 'notExecutable', 'notFound'],
  },
  operands: [operand('[files...]')],
  options: [...listBreakerOptions(), ...listMapOptions()],
  takesCommand: true,
  verbs: listVerbs(),
  prepare({ operands, flags, rest }: Invocation<BreakerFlags>) {
    const [files] = operands as [string[]]
    return prepareBreaker(flags, files, rest)
  },
})
