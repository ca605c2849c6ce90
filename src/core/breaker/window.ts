import type { WindowShape } from './window-shape.js'

export type Bucket = { t: number; ok: number; fail: number; slow: number }

/** How many calls, how many of them failed and were slow. */
export type Figures = { calls: number; failed: number; slow: number }

/**
 * Outcomes of calls, bounded by count and time. Changed in place: recording costs a few nanoseconds and no memory.
 * Each outcome is kept with its time, up to the capacity; with a time bound alone all are also summed up in buckets. The
 * figures of the window itself are those of what is kept one by one; `judged` says which are to be judged.
 */
export type OutcomeWindow = {
  readonly shape: WindowShape
  /** The same figures as in the shape, one step nearer: they are read for every call. */
  readonly count: number
  readonly span: number
  readonly capacity: number
  readonly keep: number
  readonly times: Float64Array
  readonly codes: Uint8Array
  oldest: number
  length: number
  readonly buckets: readonly Bucket[]
  /** Number of the newest bucket: wall clock divided by the width. */
  latest: number
  /** The newest bucket, and the moment its time is over; -Infinity: none yet. */
  current: Bucket
  turn: number
  /** Successes in that bucket that were only noted: they are counted at the next look. */
  noted: number
  /** The latest time seen. */
  newest: number
  /** When the first call in here began; -Infinity: not known. */
  began: number
  /** What the buckets hold. */
  readonly timed: Figures
  calls: number
  failed: number
  slow: number
}

/** One outcome as a number: 1 failed, 2 slow, 3 both. */
export type OutcomeCode = 0 | 1 | 2 | 3

export const createWindow = (shape: WindowShape): OutcomeWindow => ({
  shape,
  count: shape.count,
  span: shape.span,
  capacity: shape.capacity,
  keep: shape.keep,
  times: new Float64Array(shape.capacity),
  codes: new Uint8Array(shape.capacity),
  oldest: 0,
  length: 0,
  buckets: shape.count > 0 ? [] : Array.from({ length: shape.buckets }, () => ({ t: -1, ok: 0, fail: 0, slow: 0 })),
  latest: -1,
  current: { t: -1, ok: 0, fail: 0, slow: 0 },
  turn: -Infinity,
  noted: 0,
  newest: -Infinity,
  began: -Infinity,
  timed: { calls: 0, failed: 0, slow: 0 },
  calls: 0,
  failed: 0,
  slow: 0,
})

/** What rates are judged on: the calls within the time, or the newest few where those are fewer. */
export const judged = (window: OutcomeWindow): Readonly<Figures> => {
  if (window.noted > 0) countNoted(window)
  return window.timed.calls > window.calls ? window.timed : window
}

/**
 * Counts one finished call that took `duration`. Older ones are forgotten for their age, all of them when nothing was called
 * for longer than the window; otherwise the newest few stay.
 */
export const record = (window: OutcomeWindow, now: number, code: OutcomeCode, duration: number): void => {
  if (window.noted > 0) countNoted(window)
  const { newest, span, length } = window
  // Most calls end soon after the one before: for them when they began does not matter.
  if (now < newest || now - newest > span || length === 0) prepare(window, now, now - duration)
  const time = Math.max(now, window.newest)
  window.newest = time
  push(window, time, code)
  if (window.count === 0) countInBucket(window, time, code)
  // The length first: reading past the end of an array once makes every later reading slower.
  while (window.length > window.keep && (window.times[window.oldest] as number) < time - span) shift(window)
}

/**
 * Notes a success that follows others in the same bucket, which is all it costs; false: it must be recorded. Their times are
 * lost: only for who passes on no outcomes. Without a time bound alone there is no such bucket.
 */
export const note = (window: OutcomeWindow, now: number): boolean => {
  if (now >= window.turn || now < window.newest) return false
  window.newest = now
  window.noted++
  return true
}

/** Whether no failure and no slow call is kept. */
export const isSpotless = (window: OutcomeWindow): boolean =>
  window.failed + window.slow === 0 && (window.count > 0 || window.timed.failed + window.timed.slow === 0)

/** Whether a call that began at this moment comes after so long that what was kept says nothing any more. */
export const isOutdated = (window: OutcomeWindow, began: number): boolean => began - window.newest > window.span

/** After the clock was set back the age of what is kept is unknown: it could count for hours, so it is dropped. */
export const forgetFuture = (window: OutcomeWindow, now: number): void => {
  const { width, span } = window.shape
  if (window.newest > now && span !== Infinity && window.newest - now > Math.max(width, 1000)) clearWindow(window)
}

export const clearWindow = (window: OutcomeWindow): void => {
  window.oldest = 0
  window.length = 0
  window.latest = -1
  window.turn = -Infinity
  window.noted = 0
  window.newest = -Infinity
  window.began = -Infinity
  window.timed.calls = 0
  window.timed.failed = 0
  window.timed.slow = 0
  window.calls = 0
  window.failed = 0
  window.slow = 0
  for (const bucket of window.buckets) empty(bucket, -1)
}

/** The outcomes kept one by one, oldest first. */
export const outcomesOf = (window: OutcomeWindow): [time: number, code: number][] => {
  if (window.noted > 0) countNoted(window)
  return Array.from({ length: window.length }, (_, index) => {
    const at = (window.oldest + index) % window.shape.capacity
    return [window.times[at] as number, window.codes[at] as number]
  })
}

/** Sums by bucket, oldest first. */
export const bucketsOf = (window: OutcomeWindow): readonly Bucket[] => {
  if (window.noted > 0) countNoted(window)
  const { count, width } = window.shape
  if (count === 0)
    return window.buckets.filter(bucket => bucket.ok + bucket.fail > 0).toSorted((one, other) => one.t - other.t)
  if (width === 0) return []
  const buckets: Bucket[] = []
  for (const [time, code] of outcomesOf(window)) {
    const t = Math.floor(time / width)
    if (buckets.at(-1)?.t !== t) buckets.push({ t, ok: 0, fail: 0, slow: 0 })
    addTo(buckets.at(-1) as Bucket, 1, code & 1, code >> 1)
  }
  return buckets
}

/** Adds what another window of the same shape holds, whose first call began at `began`, in order of time. */
export const addOutcomes = (
  window: OutcomeWindow,
  outcomes: readonly (readonly [time: number, code: number])[],
  buckets: readonly Bucket[],
  began: number,
): void => {
  if (outcomes.length === 0) return
  const { capacity, count, width, span } = window.shape
  // Nothing was called for longer than the window between the two: only the later one counts.
  if (window.length > 0 && window.began - (outcomes.at(-1)?.[0] ?? 0) > span) return
  if (isOutdated(window, began)) clearWindow(window)
  window.began = window.length > 0 ? Math.min(window.began, began) : began
  const all = [...outcomesOf(window), ...outcomes].toSorted((one, other) => one[0] - other[0])
  while (window.length > 0) shift(window)
  for (const [time, code] of all.slice(-capacity)) push(window, time, code)
  window.newest = Math.max(window.newest, all.at(-1)?.[0] ?? -Infinity)
  if (count === 0) {
    for (const { t, ok, fail, slow } of buckets) {
      addToBucket(window, t, ok + fail, fail, slow)
      window.newest = Math.max(window.newest, t * width)
    }
  }
  while (window.length > window.keep && (window.times[window.oldest] as number) < window.newest - span) shift(window)
}

/** The same outcomes in memory of its own. */
export const copyWindow = (window: OutcomeWindow): OutcomeWindow => {
  const buckets = window.buckets.map(bucket => ({ ...bucket }))
  const current = buckets[window.latest % window.shape.buckets] ?? { ...window.current }
  const timed = { ...window.timed }
  return { ...window, times: window.times.slice(), codes: window.codes.slice(), buckets, current, timed }
}

const prepare = (window: OutcomeWindow, now: number, began: number): void => {
  if (now < window.newest) forgetFuture(window, now)
  else if (isOutdated(window, began)) clearWindow(window)
  if (window.length === 0) window.began = began
}

const countNoted = (window: OutcomeWindow): void => {
  const { noted, newest, capacity } = window
  window.noted = 0
  for (let left = Math.min(noted, capacity); left > 0; left--) push(window, newest, 0)
  window.current.ok += noted
  window.timed.calls += noted
}

// Once the window is full this is all that a recorded call costs: one slot overwritten, sums touched only by failures.
const push = (window: OutcomeWindow, time: number, code: number): void => {
  const { capacity, oldest, codes } = window
  let at = oldest + window.length
  if (window.length === capacity) {
    at = oldest
    window.oldest = oldest + 1 === capacity ? 0 : oldest + 1
    if (codes[at] !== 0) forgetOutcome(window, codes[at] as number)
  } else {
    if (at >= capacity) at -= capacity
    window.length++
    window.calls++
  }
  window.times[at] = time
  codes[at] = code
  if (code === 0) return
  window.failed += code & 1
  window.slow += code >> 1
}

const shift = (window: OutcomeWindow): void => {
  const code = window.codes[window.oldest] as number
  window.oldest = window.oldest + 1 === window.capacity ? 0 : window.oldest + 1
  window.length--
  window.calls--
  if (code !== 0) forgetOutcome(window, code)
}

const forgetOutcome = (window: OutcomeWindow, code: number): void => {
  window.failed -= code & 1
  window.slow -= code >> 1
}

// Most calls fall into the bucket of the one before, and no time is older than the newest: no division for them.
const countInBucket = (window: OutcomeWindow, time: number, code: number): void => {
  const { current, timed } = window
  if (time >= window.turn) {
    addToBucket(window, Math.floor(time / window.shape.width), 1, code & 1, code >> 1)
    return
  }
  timed.calls++
  if (code === 0) {
    current.ok++
    return
  }
  addTo(current, 1, code & 1, code >> 1)
  timed.failed += code & 1
  timed.slow += code >> 1
}

const addToBucket = (window: OutcomeWindow, t: number, calls: number, failed: number, slow: number): void => {
  advance(window, t)
  if (t <= window.latest - window.shape.buckets) return
  addTo(window.buckets[t % window.shape.buckets] as Bucket, calls, failed, slow)
  window.timed.calls += calls
  window.timed.failed += failed
  window.timed.slow += slow
}

const advance = (window: OutcomeWindow, t: number): void => {
  const { buckets } = window.shape
  if (t <= window.latest) return
  for (let next = Math.max(window.latest + 1, t - buckets + 1); next <= t; next++) {
    const bucket = window.buckets[next % buckets] as Bucket
    window.timed.calls -= bucket.ok + bucket.fail
    window.timed.failed -= bucket.fail
    window.timed.slow -= bucket.slow
    empty(bucket, next)
  }
  window.latest = t
  window.current = window.buckets[t % buckets] as Bucket
  window.turn = (t + 1) * window.shape.width
}

const addTo = (bucket: Bucket, calls: number, failed: number, slow: number): void => {
  bucket.ok += calls - failed
  bucket.fail += failed
  bucket.slow += slow
}

const empty = (bucket: Bucket, t: number): void => {
  bucket.t = t
  bucket.ok = 0
  bucket.fail = 0
  bucket.slow = 0
}
