import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { listServerOptions, type ServerFlags } from '../cli/servers/options.js'
import { namePlace, prepareServers } from '../cli/servers/prepare.js'
import type { Shared } from '../cli/stream/stage.js'
import { UsageError } from '../cli/usage-error.js'
import { choice } from '../cli/values/choice.js'
import { duration } from '../cli/values/duration.js'
import { fieldPath } from '../cli/values/field-path.js'
import { fieldPaths } from '../cli/values/field-paths.js'
import { missingKey } from '../cli/values/missing-key.js'
import { type WeighedRate, weighedRate } from '../cli/values/rate.js'
import { repeated } from '../cli/values/value-parser.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import type { Path } from '../core/json/path.js'
import type { Context } from '../core/processor.js'
import { createLimit } from '../core/rules/gcra.js'
import { createLeadingEdge } from '../processors/throttle/leading-edge.js'
import { createSharedThrottle } from '../processors/throttle/shared-throttle.js'
import { createThrottle, type WeighedLimit } from '../processors/throttle.js'
import { resolveLink } from '../stores/files/resolve-link.js'
import { isAddress } from '../stores/servers/address.js'
import { singleRate } from '../stores/state/shared-limit.js'
import { checkSharedRates, explainStore, openSharedLimit } from './throttle/shared-limit.js'
import { define as defineStatus } from './throttle/status.js'

type ThrottleFlags = CommonOptions &
  ServerFlags & {
    readonly rate?: readonly WeighedRate[]
    readonly burst?: number
    readonly mode: 'delay' | 'drop' | 'reject' | 'first'
    readonly every?: number
    readonly key?: readonly Path[]
    readonly missing?: 'pass' | 'drop'
    readonly maxKeys?: number
    readonly cost?: Path
    readonly maxWait?: number
    readonly state?: string
  }

const pace = 'Pace'
const scope = 'Scope'

export const define = (): Definition => ({
  words: {
    name: 'throttle',
    purpose: 'Limit the rate; records over it wait',
    usage: '--rate RATE [OPTION...] [FILE...]',
    examples: [
      { note: 'ten per second, evenly spaced', run: 'streamz throttle --rate 10/s < orders.ndjson' },
      { note: 'a separate limit for each user', run: 'streamz throttle --rate 5/s --key .user < orders.ndjson' },
      {
        note: 'an API that allows 6,000 tokens a minute',
        run: 'streamz throttle --rate 6000/m --burst 2000 --cost .tokens < prompts.ndjson',
      },
      {
        note: 'an API with two limits, requests and tokens',
        run: "streamz throttle --rate 600/m --rate '6000/m of .tokens burst 2000' < prompts.ndjson",
      },
      {
        note: 'one quota for all jobs that use this file',
        run: 'streamz throttle --rate 600/m --state quota.json < orders.ndjson',
      },
      {
        note: 'the first record, then none for half a second',
        run: 'streamz throttle --mode first --every 500ms < orders.ndjson',
      },
    ],
    notes:
      'No window of t seconds has more than burst + rate x (t + 10 ms) records. While a record waits, nothing is read, so the\nupstream waits too. Records keep their exact bytes; only --key, --cost and `of` look into them.',
    seeAlso: ['map', 'batch'],
  },
  operands: [operand('[files...]')],
  verbs: [defineStatus()],
  options: [
    option(
      pace,
      '--rate <rate>',
      "records or bytes per time: 10/s, 5MB/s, '6000/m of .tokens burst 2000'; several rates all apply",
      repeated(weighedRate),
    ),
    option(pace, '--burst <n>', 'records that may pass at once after a pause (1)', wholeNumber(1)),
    option(
      pace,
      '--mode <mode>',
      '`delay` records over the limit (default), `drop` or `reject` them; or pass the `first` and drop the rest for --every',
      choice(['delay', 'drop', 'reject', 'first']),
    ).default('delay'),
    option(pace, '--every <duration>', 'with --mode first: the time between two records', duration),
    option(pace, '--max-wait <duration>', 'a record that would wait longer fails as `throttled`', duration),
    option(
      scope,
      '--key <path>',
      'a separate limit for each value of this field, or of several: .a,.b; records stay in input order',
      fieldPaths,
    ),
    option(
      scope,
      '--missing <what>',
      '`pass` on a record without the key, uncounted, or `drop` it; else it fails',
      missingKey,
    ),
    option(
      scope,
      '--max-keys <n>',
      'maximum number of keys; the least recently used is forgotten (10,000)',
      wholeNumber(1, 1e8),
    ),
    option(scope, '--cost <path>', 'a record costs the number in this field (1)', fieldPath),
    option(
      scope,
      '--state <file>',
      'share the limit with all runs that name this file, or this value of a server: redis://HOST/NAME',
    ),
    ...listServerOptions(),
  ],
  prepare({ operands, flags }: Invocation<ThrottleFlags>) {
    const [files] = operands as [string[]]
    const way =
      flags.mode === 'first'
        ? { begin: prepareServers(flags, { '--state': undefined }).connect, create: prepareFirst(flags) }
        : prepareRates(flags)
    return { command: 'throttle', options: flags, files, ...way, writes: { '--state': flags.state } }
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
  if (other !== undefined) throw new UsageError(`${other} cannot be used with --mode first, which has no rate`)
  return (_: Shared, context: Context) => createLeadingEdge({ every }, context)
}

/** What a flag and the rate itself both may say. */
const chooseOne = <T>(flag: string, given: T | undefined, words: string, inRate: T | undefined): T | undefined => {
  if (given !== undefined && inRate !== undefined) {
    throw new UsageError(`${flag} and \`${words}\` in --rate mean the same; use only one of them`)
  }
  return given ?? inRate
}

/** The rates with what --burst and --cost say about a single one. */
const readRates = ({ rate: rates = [], burst, cost }: ThrottleFlags): readonly WeighedRate[] => {
  const [rate, second] = rates
  if (rate === undefined) throw new UsageError('No --rate was given; example: streamz throttle --rate 10/s')
  if (second !== undefined) {
    if (burst !== undefined) throw new UsageError(inEach('--burst', `--rate '${second.text} burst ${burst}'`))
    if (cost !== undefined) throw new UsageError(inEach('--cost', `--rate '10/s of ${cost.text}'`))
    return rates
  }
  const of = chooseOne('--cost', cost, 'of PATH', rate.of)
  if (rate.bytes && of !== undefined) {
    throw new UsageError(
      '--cost cannot be used with a rate of bytes; use a rate of units, as in: --rate 6000/m --cost .tokens',
    )
  }
  return [{ ...rate, burst: chooseOne('--burst', burst, 'burst N', rate.burst), of }]
}

const inEach = (flag: string, example: string): string =>
  `${flag} does not say which of several --rate it is for; write it in the rate, as in: ${example}`

const prepareRates = (flags: ThrottleFlags) => {
  const { mode, every, key, missing, maxWait } = flags
  if (every !== undefined) throw new UsageError('--every needs --mode first; for a rate use --rate, as in: --rate 2/s')
  const rates = readRates(flags)
  if (flags.maxKeys !== undefined && key === undefined) throw new UsageError('--max-keys needs --key')
  if (missing !== undefined && key === undefined) {
    throw new UsageError('--missing needs --key: it says what to do with a record without the key')
  }
  if (maxWait !== undefined && mode !== 'delay') throw new UsageError('--max-wait needs --mode delay')
  if (mode === 'first') throw new UsageError('--mode first needs --every')
  const limits = rates.map(
    ({ count, per, burst, bytes, of }): WeighedLimit => ({
      limit: createLimit(count, per, burst ?? 1),
      cost: bytes ? 'bytes' : (of ?? 'record'),
    }),
  )
  const maxKeys = flags.maxKeys ?? 10_000
  const servers = prepareServers(flags, { '--state': flags.state })
  const place = flags.state === undefined ? undefined : namePlace('--state', flags.state)
  const state = place === undefined || isAddress(place) ? place : resolveLink(place)
  if (state === undefined) {
    const [first, ...further] = limits as [WeighedLimit, ...WeighedLimit[]]
    return {
      begin: servers.connect,
      create: (_: Shared, context: Context) =>
        createThrottle({ ...first, further, mode, key, missing, maxKeys, maxWait }, context),
    }
  }
  const texts = rates.length === 1 ? [singleRate] : rates.map(({ text }) => text)
  return {
    async begin() {
      await servers.connect()
      await checkSharedRates(state, texts, 'or name another file with --state')
    },
    create({ messages }: Shared, context: Context) {
      servers.tellRisks(messages.warn)
      const shared = rates.map(({ count, per, burst }, index) => ({
        burst,
        text: texts[index] as string,
        limit: (limits[index] as WeighedLimit).limit,
        interval: per / count,
      }))
      const { take } = openSharedLimit(
        { path: state, limits: shared, maxKeys, timeout: maxWait ?? 30_000, stage: flags.stage },
        messages,
        context.clock,
      )
      const costs = limits.map(({ cost }) => cost)
      return createSharedThrottle(
        { take, name: place ?? '', explain: explainStore, mode, key, missing, costs, maxWait },
        context,
      )
    },
  }
}
