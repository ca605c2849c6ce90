import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import type { Shared } from '../cli/stream/stage.js'
import { UsageError } from '../cli/usage-error.js'
import { choice } from '../cli/values/choice.js'
import { duration } from '../cli/values/duration.js'
import { fieldPath } from '../cli/values/field-path.js'
import { type WeighedRate, weighedRate } from '../cli/values/rate.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import type { Path } from '../core/json/path.js'
import type { Context } from '../core/processor.js'
import { createLimit } from '../core/rules/gcra.js'
import { createLeadingEdge } from '../processors/throttle/leading-edge.js'
import { createSharedThrottle } from '../processors/throttle/shared-throttle.js'
import { createThrottle } from '../processors/throttle.js'
import { explainStore, openSharedLimit } from './throttle/shared-limit.js'

type ThrottleFlags = CommonOptions & {
  readonly rate?: WeighedRate
  readonly burst?: number
  readonly mode: 'delay' | 'drop' | 'reject' | 'first'
  readonly every?: number
  readonly key?: Path
  readonly maxKeys?: number
  readonly cost?: Path
  readonly maxWait?: number
  readonly state?: string
}

const pace = 'Pace'
const scope = 'What is counted'

export const define = (): Definition => ({
  words: {
    name: 'throttle',
    purpose: 'Let no more than so many records pass per time; the rest waits, nothing is lost',
    usage: '--rate RATE [OPTION...] [FILE...]',
    examples: [
      { note: 'ten a second, evenly', run: 'streamz throttle --rate 10/s < orders.ndjson' },
      { note: 'a limit of its own for each user', run: 'streamz throttle --rate 5/s --key .user < orders.ndjson' },
      {
        note: 'an API that allows 6,000 tokens a minute',
        run: 'streamz throttle --rate 6000/m --burst 2000 --cost .tokens < prompts.ndjson',
      },
      {
        note: 'one quota for all jobs that name this file',
        run: 'streamz throttle --rate 600/m --state quota.json < orders.ndjson',
      },
      {
        note: 'the first of a flurry, then none for half a second',
        run: 'streamz throttle --mode first --every 500ms < orders.ndjson',
      },
    ],
    notes:
      'A window of t seconds never holds more than burst + rate x (t + 10 ms) records. While one waits, no more is read, so the\nupstream waits too. Untouched records leave byte for byte; only --key and --cost look into them.',
    seeAlso: ['map', 'batch'],
  },
  operands: [operand('[files...]')],
  options: [
    option(
      pace,
      '--rate <rate>',
      "records or bytes per time: 10/s, 5MB/s, '6000/m of .tokens burst 2000'",
      weighedRate,
    ),
    option(pace, '--burst <n>', 'so many may pass at once after a pause (1)', wholeNumber(1)),
    option(
      pace,
      '--mode <mode>',
      '`delay` what comes too soon (default), `drop` or `reject` it, or pass the `first` and ignore the rest for --every',
      choice(['delay', 'drop', 'reject', 'first']),
    ).default('delay'),
    option(pace, '--every <duration>', 'with --mode first: pass one, then none for so long', duration),
    option(pace, '--max-wait <duration>', 'a record that would wait longer fails as `throttled`', duration),
    option(scope, '--key <path>', 'a limit for each value of this field; the order of the input is kept', fieldPath),
    option(
      scope,
      '--max-keys <n>',
      'keys remembered; the least recently used is forgotten (10,000)',
      wholeNumber(1, 1e8),
    ),
    option(scope, '--cost <path>', 'a record weighs as much as this number in it (1)', fieldPath),
    option(scope, '--state <file>', 'the limit holds across runs and processes that name this file'),
  ],
  prepare({ operands, flags }: Invocation<ThrottleFlags>) {
    const [files] = operands as [string[]]
    const create = flags.mode === 'first' ? prepareFirst(flags) : prepareRate(flags)
    return { command: 'throttle', options: flags, files, create, writes: { '--state': flags.state } }
  },
})

const prepareFirst = (flags: ThrottleFlags) => {
  const { every, rate: given, key, cost } = flags
  if (every === undefined) {
    throw new UsageError('--mode first needs --every, as in: streamz throttle --mode first --every 500ms')
  }
  const other =
    flags.state !== undefined
      ? '--state'
      : given !== undefined
        ? '--rate'
        : key !== undefined
          ? '--key'
          : cost !== undefined
            ? '--cost'
            : undefined
  if (other !== undefined) throw new UsageError(`${other} does not go with --mode first, which counts no rate`)
  return (_: Shared, context: Context) => createLeadingEdge({ every }, context)
}

/** What a flag and the rate itself both may say. */
const chooseOne = <T>(flag: string, given: T | undefined, words: string, inRate: T | undefined): T | undefined => {
  if (given !== undefined && inRate !== undefined) {
    throw new UsageError(`${flag} and \`${words}\` in --rate say the same: give one of them`)
  }
  return given ?? inRate
}

const prepareRate = (flags: ThrottleFlags) => {
  const { rate: given, mode, every, key, maxWait } = flags
  if (every !== undefined) throw new UsageError('--every goes with --mode first; a rate is --rate, as in: --rate 2/s')
  if (given === undefined) throw new UsageError('No --rate is given, as in: streamz throttle --rate 10/s')
  const burst = chooseOne('--burst', flags.burst, 'burst N', given.burst) ?? 1
  const cost = chooseOne('--cost', flags.cost, 'of PATH', given.of)
  if (given.bytes && cost !== undefined) {
    throw new UsageError(
      '--cost does not go with a rate of bytes: give a rate of units, as in: --rate 6000/m --cost .tokens',
    )
  }
  if (flags.maxKeys !== undefined && key === undefined) throw new UsageError('--max-keys needs --key')
  if (maxWait !== undefined && mode !== 'delay') throw new UsageError('--max-wait goes with --mode delay only')
  if (mode === 'first') throw new UsageError('--mode first needs --every')
  const limit = createLimit(given.count, given.per, burst)
  const weight = given.bytes ? 'bytes' : (cost ?? 'record')
  const maxKeys = flags.maxKeys ?? 10_000
  const { state } = flags
  if (state === undefined) {
    return (_: Shared, context: Context) =>
      createThrottle({ limit, mode, key, maxKeys, cost: weight, maxWait }, context)
  }
  const interval = given.per / given.count
  return ({ messages }: Shared, context: Context) => {
    // Whatever its rate, a limit of one run is that of the next.
    const limits = [{ text: 'throttle', limit, interval }]
    const { take } = openSharedLimit({ path: state, limits, maxKeys, timeout: maxWait ?? 30_000 }, messages)
    return createSharedThrottle({ take, explain: explainStore, mode, key, cost: weight, maxWait }, context)
  }
}
