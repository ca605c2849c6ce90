import { Failure } from '../core/failure.js'
import type { MissingKey } from '../core/json/key-reader.js'
import type { Path } from '../core/json/path.js'
import type { Lines } from '../core/lines.js'
import { Neighbours } from '../core/neighbours.js'
import type { Context, CreateProcessor, Processor } from '../core/processor.js'
import { idle, type Limit } from '../core/rules/gcra.js'
import { createKeyTable } from '../core/tables/key-table.js'
import { wait } from '../core/wait.js'
import { type Cost, createScales } from './throttle/scales.js'

export type ThrottleOptions = {
  readonly limit: Limit
  /** What to do with a record over the limit. */
  readonly mode: 'delay' | 'drop' | 'reject'
  /** A separate limit for each value of these fields together. */
  readonly key?: Path | readonly Path[] | undefined
  /** What to do with a record without the key. By default it is rejected as `field`; `pass` emits it without counting it. */
  readonly missing?: MissingKey | undefined
  /** Maximum number of keys; the least recently used one is forgotten. */
  readonly maxKeys: number
  /** The cost of a record: 1, its length in bytes without the newline, or the number in a field. */
  readonly cost: Cost
  /** Further limits, each with its own cost: a record is charged to all of them or to none. */
  readonly further?: readonly WeighedLimit[]
  /** Maximum wait in milliseconds; a record that would wait longer is rejected as `throttled`. */
  readonly maxWait?: number | undefined
}

/** A limit, and the cost of a record in it. */
export type WeighedLimit = { readonly limit: Limit; readonly cost: Cost }

/**
 * Limits the rate of records, in input order; while a record waits, nothing more is read. Rejects a record as `throttled` with
 * mode `reject` or after `maxWait`, as `field` if it lacks the key or the cost, and as `parse` if it is not valid JSON (only if
 * a key or a cost has to be read).
 */
export const createThrottle: CreateProcessor<ThrottleOptions> = (options, context) =>
  options.key === undefined &&
  options.cost === 'record' &&
  (options.further ?? []).length === 0 &&
  options.mode === 'delay' &&
  options.maxWait === undefined
    ? createPlainThrottle(options.limit, context)
    : createWeighingThrottle(options, context)

/** The plain case never parses a record: several pass at once. */
const createPlainThrottle = (limit: Limit, context: Context): Processor => {
  let arrival = idle
  return {
    holdsNothing: true as const,
    push(lines: Lines) {
      const now = context.clock.now()
      const passing = Math.min(lines.length, limit.available(arrival, now))
      if (passing > 0) arrival = limit.charge(arrival, now, passing)
      if (passing === lines.length) return context.emit(lines)
      context.giveBack(lines.slice(passing))
      const held = passing === 0 ? undefined : context.emit(lines.slice(0, passing))
      return waitUntilDue(limit.wait(arrival, now), held, context)
    },
  }
}

const createWeighingThrottle = (options: ThrottleOptions, context: Context): Processor => {
  const { limit, cost, further = [], mode, missing = 'fail', maxKeys, maxWait } = options
  const key = [options.key ?? []].flat()
  const limits = [limit, ...further.map(one => one.limit)]
  const scales = createScales({ key, costs: [cost, ...further.map(one => one.cost)] })
  const { weights } = scales
  const keys = createKeyTable({ max: maxKeys })
  // Those of a key stand together.
  let arrivals = new Float64Array(16 * limits.length).fill(idle)

  /** Where the arrivals of the record's limits begin. */
  const findArrivals = (): number => {
    if (key.length === 0) return 0
    const slot = scales.useKey(keys)
    const found = (slot < 0 ? ~slot : slot) * limits.length
    if (found >= arrivals.length) {
      const larger = new Float64Array(2 * found).fill(idle)
      larger.set(arrivals)
      arrivals = larger
    }
    if (slot < 0) arrivals.fill(idle, found, found + limits.length)
    return found
  }

  /** Milliseconds until a record may pass; 0 if it has passed, undefined if it was rejected or dropped. */
  const decide = (lines: Lines, index: number, now: number): number | undefined => {
    if (!scales.weigh(lines, index)) {
      if (missing === 'fail') throw scales.missingKey(lines.number + index)
      return missing === 'pass' ? 0 : undefined
    }
    const first = findArrivals()
    const ms = further.length === 0 ? takeOne(first, now) : takeAll(first, now)
    if (ms > 0 && (mode === 'reject' || (maxWait !== undefined && ms > maxWait))) {
      throw tooFast(lines.number + index, ms)
    }
    return ms
  }

  // The same as below for the usual single limit, at half the cost.
  const takeOne = (at: number, now: number): number => {
    const arrival = arrivals[at] as number
    const weight = weights[0] as number
    const ms = limit.wait(arrival, now, weight)
    if (ms === 0) arrivals[at] = limit.charge(arrival, now, weight)
    return ms
  }

  const takeAll = (first: number, now: number): number => {
    let ms = 0
    for (let at = 0; at < limits.length; at++) {
      ms = Math.max(ms, (limits[at] as Limit).wait(arrivals[first + at] as number, now, weights[at]))
    }
    if (ms === 0) {
      for (let at = 0; at < limits.length; at++) {
        arrivals[first + at] = (limits[at] as Limit).charge(arrivals[first + at] as number, now, weights[at])
      }
    }
    return ms
  }

  return {
    holdsNothing: true as const,
    push(lines: Lines): void | Promise<void> {
      const now = context.clock.now()
      const passing = new Neighbours((from, until) => context.emit(lines.slice(from, until)))
      for (let index = 0; index < lines.length; index++) {
        let ms: number | undefined
        try {
          ms = decide(lines, index, now)
        } catch (error) {
          if (!(error instanceof Failure)) throw error
          passing.leaveOut(index)
          context.reject(lines.at(index), error)
          if (!context.stopping.aborted) continue
          // The run was stopped because too many records failed: the rest of the push is given back.
          context.giveBack(lines.slice(index + 1))
          return passing.end(index + 1)
        }
        if (ms === 0) continue
        if (ms === undefined || mode === 'drop') {
          passing.leaveOut(index)
          context.filter(1)
          if (ms !== undefined) context.event('throttle.drop')
        } else {
          const held = passing.end(index)
          context.giveBack(lines.slice(index))
          return waitUntilDue(ms, held, context)
        }
      }
      return passing.end(lines.length)
    },
  }
}

/** Why a record that must not wait, or not this long, is rejected. */
export const tooFast = (number: number, wait: number): Failure =>
  new Failure('throttled', 'throttled', `Line ${number} would have to wait ${Math.ceil(wait)} ms`, {
    retryAfter: Math.ceil(wait),
  })

/** Resolves when the next record is due and the emitted lines are taken, or when the run ends. */
const waitUntilDue = async (ms: number, held: void | Promise<void>, { clock, stopping, event }: Context) => {
  event('throttle.wait', { ms })
  await Promise.all([held, wait(ms, clock, stopping)])
}
