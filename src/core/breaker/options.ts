import { formatDuration } from '../format-duration.js'
import type { Who } from '../who.js'
import type { Counting } from './judge.js'

/** When a circuit opens, for how long, and how it is tried again. Times in milliseconds, rates from 0 to 1. */
export type BreakerOptions = {
  /** What people call it in messages. */
  readonly name: string
  /** Who we are, `host:pid`: stands in reasons and leases. */
  readonly by: string
  /** More about us. */
  readonly who?: Who | undefined
  /** Base name of the program that is called. */
  readonly program?: string | undefined
  /** The last `count` attempts, those of the last `time`, but never fewer than the newest `minCalls`; at least one of the two. */
  readonly window: { readonly count: number | undefined; readonly time: number | undefined }
  /** Into how many parts a window bounded by time alone is cut. */
  readonly buckets: number
  /** No rate is judged on fewer calls than this. */
  readonly minCalls: number
  /** Opens at this share of failures or above; undefined: never. */
  readonly failRate: number | undefined
  /** Opens after so many failures in a row, however long that takes; undefined: never. */
  readonly consecutive: number | undefined
  /** Whether a failure that will not pass ends the row or is one of it. */
  readonly consecutiveOf: 'transient' | 'counted'
  /** What counts besides the usual, and what not. */
  readonly counting: Counting
  /** Opens when this share of calls or more takes longer than `limit`; undefined: never. */
  readonly slow: { readonly limit: number; readonly rate: number } | undefined
  /** Open for `first`, doubled at each failed probe up to `longest`, each time give or take a share of `jitter`. */
  readonly openFor: { readonly first: number; readonly longest: number; readonly jitter: number }
  /** Probes that must succeed in a row to close. */
  readonly probes: number
  /** How long one probe may take before its holder counts as dead: the timeout of a call and 5 s. */
  readonly lease: number
  /** Kept outcomes of a closed circuit that nobody wrote to for so long are forgotten. */
  readonly ttl: number
  /** A number from 0 to below 1, for the jitter. */
  readonly random: () => number
}

/**
 * A time bound alone is empty for slow jobs, a count alone keeps yesterday's failures: hence both. 10 calls, 50% and 3
 * probes as in Hystrix, opossum and resilience4j, whose 100 calls a short job never reaches.
 */
export const breakerDefaults: BreakerOptions = {
  name: 'breaker',
  by: 'local',
  window: { count: 100, time: 60_000 },
  buckets: 10,
  minCalls: 10,
  failRate: 0.5,
  consecutive: 10,
  consecutiveOf: 'transient',
  counting: {},
  slow: undefined,
  openFor: { first: 30_000, longest: 300_000, jitter: 0.2 },
  probes: 3,
  lease: 35_000,
  ttl: 24 * 3_600_000,
  random: Math.random,
}

/** So many outcomes keep a state file under 8 KiB. */
export const largestCount = 300

/**
 * Fills in the defaults: a number of failures in a row that is given counts all that counts and is the least number of calls
 * to be judged, and the other way round. Throws a RangeError in the user's words where options contradict each other.
 */
export const createBreakerOptions = (given: Partial<BreakerOptions> = {}): BreakerOptions => {
  const options: BreakerOptions = {
    ...breakerDefaults,
    minCalls: Math.max(breakerDefaults.minCalls, given.consecutive ?? 0),
    ...('consecutive' in given
      ? { consecutiveOf: 'counted' }
      : { consecutive: Math.max(breakerDefaults.minCalls, given.minCalls ?? 0) }),
    ...given,
  }
  const { count, time } = options.window
  const { consecutive, failRate, openFor } = options
  if (consecutive === undefined && failRate === undefined)
    throw new RangeError(
      'Both --consecutive and --fail-rate are off, so that no failure opens the breaker; leave one of them on, for example --fail-rate off --consecutive 5',
    )
  if (count === undefined && time === undefined)
    throw new RangeError('A breaker needs a window of calls or of time, for example --window 100/60s')
  if ((count ?? 0) > largestCount)
    throw new RangeError(
      `A window of ${count} calls is too large, at most ${largestCount}; limit it by time only, for example --window 60s`,
    )
  if (openFor.longest < openFor.first)
    throw new RangeError(
      `--open-for starts at ${formatDuration(openFor.first)}, above its maximum of ${formatDuration(openFor.longest)}; put the shorter one first, for example --open-for 30s..5m`,
    )
  return options
}

/** The settings as they stand in a state file: enough to see that two runs differ, and how. */
export type BreakerConfig = {
  readonly hash: string
  readonly fail_rate: number | null
  readonly window: string
  readonly open_for: string
  /** Files of older versions do not say these. */
  readonly min_calls?: number
  readonly consecutive?: number | null
  readonly slow?: string | null
  readonly probes?: number
  /** Milliseconds of the longest open time. */
  readonly max_open_ms?: number
}

export const configOf = (options: BreakerOptions): BreakerConfig => {
  const { window, buckets, minCalls, failRate, consecutive, consecutiveOf, counting, slow, openFor, probes } = options
  const rules = { window, buckets, minCalls, failRate, consecutive, consecutiveOf, counting, slow, openFor, probes }
  return {
    hash: hashText(JSON.stringify(rules)),
    fail_rate: failRate ?? null,
    window: [window.count, window.time === undefined ? undefined : formatDuration(window.time)]
      .filter(part => part !== undefined)
      .join('/'),
    open_for:
      openFor.first === openFor.longest
        ? formatDuration(openFor.first)
        : `${formatDuration(openFor.first)}..${formatDuration(openFor.longest)}`,
    min_calls: minCalls,
    consecutive: consecutive ?? null,
    slow: slow === undefined ? null : `${formatDuration(slow.limit)}:${Math.round(slow.rate * 100)}%`,
    probes,
    max_open_ms: openFor.longest,
  }
}

/** Settings in words, as options. */
export const configText = (config: BreakerConfig): string => {
  const { window, fail_rate: rate, open_for: openFor, min_calls: minCalls, consecutive, slow, probes } = config
  return [
    `--window ${window}`,
    ...(minCalls === undefined ? [] : [`--min-calls ${minCalls}`]),
    `--fail-rate ${rate === null ? 'off' : `${Math.round(rate * 100)}%`}`,
    ...(consecutive === undefined ? [] : [`--consecutive ${consecutive ?? 'off'}`]),
    ...(slow === undefined || slow === null ? [] : [`--slow ${slow}`]),
    `--open-for ${openFor}`,
    ...(probes === undefined ? [] : [`--probes ${probes}`]),
  ].join(' ')
}

// FNV-1a, 64 bits: only tells settings apart, and node:crypto costs a start.
const hashText = (text: string): string => {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash.toString(16).padStart(16, '0')
}
