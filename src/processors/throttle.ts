import { Failure } from '../core/failure.js'
import { idle, type Limit } from '../core/gcra.js'
import { createKeyTable } from '../core/key-table.js'
import type { Lines } from '../core/lines.js'
import type { Path } from '../core/path.js'
import type { Context, CreateProcessor } from '../core/processor.js'
import { readNumber } from '../core/read-number.js'
import { createScanner } from '../core/scan.js'
import { canonicalKey } from './prepare.js'
import { parseFailure } from './shape.js'

export type ThrottleOptions = {
  readonly limit: Limit
  /** What happens to a record that may not pass yet. */
  readonly mode: 'delay' | 'drop' | 'reject'
  /** A limit per value of this field. */
  readonly key?: Path | undefined
  /** Keys remembered at most; the least recently used is forgotten. */
  readonly maxKeys: number
  /** What a record weighs: 1, its bytes without the newline, or a number in it. */
  readonly cost: 'record' | 'bytes' | Path
  /** A record that would wait longer, in milliseconds, is rejected. */
  readonly maxWait?: number | undefined
}

/** Lets records pass at a rate, in the order of the input; what must wait stays unread: that is the back-pressure. */
export const createThrottle: CreateProcessor<ThrottleOptions> = (options, context) =>
  options.key === undefined && options.cost === 'record' && options.mode === 'delay' && options.maxWait === undefined
    ? createPlainThrottle(options.limit, context)
    : createWeighingThrottle(options, context)

/** The plain case never looks at a record: so many pass at once. */
const createPlainThrottle = (limit: Limit, context: Context) => {
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

const createWeighingThrottle = ({ limit, mode, key, maxKeys, cost, maxWait }: ThrottleOptions, context: Context) => {
  const costPath = typeof cost === 'string' ? undefined : cost
  const paths = [...(key === undefined ? [] : [key]), ...(costPath === undefined ? [] : [costPath])]
  const costIndex = paths.length - 1
  const scanner = createScanner(paths)
  const keys = createKeyTable({ max: maxKeys })
  let arrivals = new Float64Array(16).fill(idle)

  /** The slot of the record's limit. */
  const findSlot = (lines: Lines, index: number): number => {
    if (key === undefined) return 0
    const start = scanner.starts[0] ?? -1
    if (start === -1) throw missing(lines, index, key, '--key')
    const slot = useKey(lines.bytes, start, scanner.ends[0] ?? -1)
    const found = slot < 0 ? ~slot : slot
    if (found >= arrivals.length) {
      const larger = new Float64Array(2 * found).fill(idle)
      larger.set(arrivals)
      arrivals = larger
    }
    if (slot < 0) arrivals[found] = idle
    return found
  }

  const useKey = (bytes: Buffer, start: number, end: number): number => {
    if (bytes[start] !== 0x22 || !hasBackslash(bytes, start, end)) return keys.use(bytes, start, end)
    const text = Buffer.from(canonicalKey(bytes, start, end))
    return keys.use(text, 0, text.length)
  }

  const weigh = (lines: Lines, index: number): number => {
    if (cost === 'record') return 1
    if (costPath === undefined) return lines.end(index) - lines.start(index) - 1
    const start = scanner.starts[costIndex] ?? -1
    if (start === -1) throw missing(lines, index, costPath, '--cost')
    const weight = readNumber(lines.bytes, start, scanner.ends[costIndex] ?? -1)
    if (weight !== undefined && weight >= 0 && weight < Number.POSITIVE_INFINITY) return weight
    throw new Failure(
      'field',
      'input',
      `Line ${lines.number + index}: ${costPath.text} for --cost is no number from 0 up`,
    )
  }

  /** Milliseconds until a record may pass; 0 when it has passed. */
  const decide = (lines: Lines, index: number, now: number): number => {
    if (paths.length > 0 && !scanner.scan(lines.bytes, lines.start(index), lines.end(index))) {
      throw parseFailure(lines.at(index))
    }
    const weight = weigh(lines, index)
    const slot = findSlot(lines, index)
    const arrival = arrivals[slot] as number
    const wait = limit.wait(arrival, now, weight)
    if (wait === 0) arrivals[slot] = limit.charge(arrival, now, weight)
    else if (mode === 'reject' || (maxWait !== undefined && wait > maxWait)) throw tooFast(lines, index, wait)
    return wait
  }

  return {
    holdsNothing: true as const,
    push(lines: Lines): void | Promise<void> {
      const now = context.clock.now()
      let from = 0
      let held: Promise<void> | undefined
      const passOn = (until: number) => {
        if (from < until) held = context.emit(lines.slice(from, until)) || held
        from = until + 1
      }
      for (let index = 0; index < lines.length; index++) {
        let wait: number
        try {
          wait = decide(lines, index, now)
        } catch (error) {
          if (!(error instanceof Failure)) throw error
          passOn(index)
          context.reject(lines.at(index), error)
          continue
        }
        if (wait === 0) continue
        passOn(index)
        if (mode === 'drop') {
          context.filter(1)
          context.event('throttle.drop')
        } else {
          context.giveBack(lines.slice(index))
          return waitUntilDue(wait, held, context)
        }
      }
      passOn(lines.length)
      return held
    },
  }
}

const hasBackslash = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start + 1; at < end; at++) if (bytes[at] === 0x5c) return true
  return false
}

const missing = (lines: Lines, index: number, { text }: Path, flag: string) =>
  new Failure('field', 'input', `Line ${lines.number + index} has no field ${text} for ${flag}`)

const tooFast = (lines: Lines, index: number, wait: number) =>
  new Failure('throttled', 'throttled', `Line ${lines.number + index} would have to wait ${Math.ceil(wait)} ms`, {
    retryAfter: Math.ceil(wait),
  })

/** Settles when the next record is due, what was emitted is taken, or the run ends. */
const waitUntilDue = async (wait: number, held: void | Promise<void>, { clock, signal, event }: Context) => {
  event('throttle.wait', { ms: wait })
  await Promise.all([
    held,
    new Promise<void>(resolve => {
      const done = () => {
        cancel()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = clock.after(wait, done)
      if (signal.aborted) done()
      else signal.addEventListener('abort', done)
    }),
  ])
}
