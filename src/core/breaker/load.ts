import { initial, refresh } from './breaker.js'
import { type Breaker, createBreaker } from './model.js'
import { type BreakerConfig, type BreakerOptions, configOf, configText } from './options.js'
import { type Fields, isFields, type Parsed, parseBreakerState } from './parse.js'
import { stateVersion } from './save.js'
import type { Effect } from './state.js'
import { addOutcomes, clearWindow, forgetFuture } from './window.js'

export type Loaded = {
  /** Unless it was loaded this is a new closed circuit; a newer version's file must not be overwritten. */
  readonly status: 'loaded' | 'newer' | 'unreadable'
  readonly breaker: Breaker
  readonly warnings: readonly string[]
  /** Changes of state that time has made since the file was written: real once the state is saved under its lock. */
  readonly effects: readonly Effect[]
}

/** Reads the text of a state file as it counts at `now`. Never fails: what cannot be read starts closed, with a warning. */
export const load = (json: string, options: BreakerOptions, now: number): Loaded => {
  let file: unknown
  try {
    file = JSON.parse(json)
  } catch (error) {
    return startAfresh('unreadable', describeProblem(error), options, now)
  }
  return loadState(file, options, now)
}

/** The same for a state that was parsed already. */
export const loadState = (file: unknown, options: BreakerOptions, now: number): Loaded => {
  let parsed: Parsed
  try {
    if (!isFields(file)) throw new TypeError('a state is a JSON object')
    const version = versionOf(file)
    if (version > stateVersion) {
      const warning = `The state has version ${version}, this program reads up to ${stateVersion}; it is not changed`
      return startAfresh('newer', warning, options, now)
    }
    parsed = parseBreakerState(file)
    checkLengths(parsed, options)
  } catch (error) {
    return startAfresh('unreadable', describeProblem(error), options, now)
  }
  return restore(parsed, options, now)
}

const startAfresh = (
  status: 'newer' | 'unreadable',
  warning: string,
  options: BreakerOptions,
  now: number,
): Loaded => ({
  status,
  breaker: initial(options, now),
  warnings: [`${warning}; breaker ${options.name} starts closed`],
  effects: [],
})

const describeProblem = (error: unknown): string =>
  `The state cannot be read: ${error instanceof Error ? error.message : String(error)}`

const versionOf = (file: Fields): number => {
  if (typeof file.v !== 'number' || !(file.v >= 1)) throw new TypeError('`v` should be the number of a version')
  return file.v
}

/**
 * A time that lasts longer than such a one ever does is damage, as is one that ends before it begins: a flipped digit must
 * not hold a circuit open for years. What was set by hand, or asked for by the service, may last any time.
 */
const checkLengths = ({ machine, config, settings, writerSettings }: Parsed, options: BreakerOptions): void => {
  const { override } = machine
  if (override !== null) return check('override', override.until - override.since, Infinity)
  if (machine.state === 'open') {
    const known = [config, settings, writerSettings].filter(one => one !== undefined)
    const longest = Math.max(options.openFor.longest, ...known.map(one => one.max_open_ms ?? Infinity))
    return check('until', machine.until - machine.since, machine.asked ? Infinity : 2 * longest)
  }
  if (machine.state !== 'half_open' || machine.lease === null) return
  const { since, until, ms = Infinity } = machine.lease
  check('lease', until - since, 2 * ms)
}

const check = (name: string, length: number, longest: number): void => {
  if (length >= 0 && length <= longest) return
  throw new TypeError(`\`${name}\` lasts ${length} ms, which cannot be`)
}

const restore = (parsed: Parsed, options: BreakerOptions, now: number): Loaded => {
  const breaker = createBreaker(options, parsed.machine)
  breaker.rev = parsed.rev
  breaker.updated = parsed.updated
  breaker.counters = parsed.counters
  breaker.errors = parsed.errors
  breaker.streak = parsed.streak
  breaker.settings = parsed.settings
  const warnings = restoreWindow(breaker, parsed, now)
  const effects = refresh(breaker, now)
  if (now - parsed.updated > options.ttl) forget(breaker, now)
  return { status: 'loaded', breaker, warnings, effects }
}

const restoreWindow = (breaker: Breaker, { window, config, writerSettings }: Parsed, now: number): string[] => {
  const own = configOf(breaker.options)
  if (config.window === own.window && window.bucket_ms === breaker.window.shape.width) {
    addOutcomes(breaker.window, window.last, window.buckets, window.began)
    forgetFuture(breaker.window, now)
  } else if (breaker.machine.state !== 'closed' || now - newestOf(window) <= lengthOf(breaker, window))
    breaker.foreign = { window, config }
  const other = [config, writerSettings].find(one => one !== undefined && one.hash !== own.hash)
  // What is told of an open circuit says by which settings it was opened.
  return other === undefined || breaker.machine.state === 'open' ? [] : [describeOther(breaker, other)]
}

const describeOther = ({ options }: Breaker, other: BreakerConfig): string =>
  `Breaker ${options.name} is also used with other settings (${configText(other)}): this run applies its own to the shared state`

const newestOf = ({ bucket_ms, buckets, last }: Parsed['window']): number =>
  Math.max(last.at(-1)?.[0] ?? 0, (buckets.at(-1)?.t ?? 0) * bucket_ms)

// A window bounded by calls alone has no length in time: ten minutes without an outcome, and its settings are gone.
const lengthOf = ({ options }: Breaker, { bucket_ms }: Parsed['window']): number =>
  bucket_ms === 0 ? 600_000 : bucket_ms * options.buckets

const forget = (breaker: Breaker, now: number): void => {
  const { machine } = breaker
  if (machine.override !== null) return
  if (machine.state === 'open')
    breaker.machine = { ...machine, until: Math.max(machine.since, Math.min(machine.until, now)) }
  if (machine.state !== 'closed') return
  clearWindow(breaker.window)
  breaker.streak = 0
  breaker.foreign = undefined
}
