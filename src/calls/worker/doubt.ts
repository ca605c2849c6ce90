import type { Cancel, Clock } from '../../core/clock.js'
import type { Failure } from '../../core/failure.js'

/** What is known of an answer in the end: undefined when it counts. */
export type Verdict = Promise<Failure | undefined>

/**
 * When the answers of a worker count. Lines carry no name: after one line too many each record would get the answer of the
 * one before, and the worker would always owe a line. So answers are held until no line has come for longer than any of
 * them took: then none is owed. A line that comes while nothing is asked tells that those held cannot be told apart.
 */
export type Doubt = {
  /**
   * So many answers have come together, one unless given, after so many milliseconds, so many bytes with their records;
   * undefined when they count at once.
   */
  add(took: number, bytes: number, count?: number): Verdict | undefined
  /** It must be quiet before the worker gets another record. */
  readonly isPausing: boolean
  /** How many answers are held. */
  readonly held: number
  /** All that is held counts, or fails. */
  settle(failure?: Failure): void
}

export type DoubtOptions = {
  readonly clock: Clock
  /** Several records are in flight: how long one of them took is not known, and slow ones are not waited upon. */
  readonly isPipelined: boolean
  /** Whether the beginning of a line has come. */
  readonly isWriting: () => boolean
  /** The worker may get records again. */
  readonly resume: () => void
}

export const createDoubt = ({ clock, isPipelined, isWriting, resume }: DoubtOptions): Doubt => {
  let answers = 0
  let longest = 0
  let usual = 0
  let silence = 0
  let heldSince = 0
  let heldBytes = 0
  let lastAt = 0
  let seenAt = -1
  let verdict: { readonly promise: Verdict; readonly tell: (failure?: Failure) => void } | undefined
  let cancel: Cancel | undefined

  const look = () => {
    cancel = undefined
    const rest = lastAt + silence - clock.now()
    if (rest > 0) return arm(rest)
    if (isWriting()) return arm(silence)
    // A line may have come that nobody has had the time to read: one more turn for that.
    if (seenAt !== lastAt) {
      seenAt = lastAt
      return arm(0)
    }
    doubt.settle()
  }

  const arm = (ms: number) => {
    cancel = clock.after(ms, look)
  }

  const doubt = {
    isPausing: false,
    held: 0,
    add(took: number, bytes: number, count = 1): Verdict | undefined {
      const now = clock.now()
      answers += count
      if (isPipelined && answers > 1 && took > maxVerified && doubt.held === 0) return undefined
      // The first took its time to start.
      if (answers > 1) {
        longest = Math.max(longest, took)
        usual = answers - count < 2 ? took : usual + (took - usual) * (1 - (7 / 8) ** count)
      }
      silence = answers === 1 ? firstSilence(took) : silenceAfter(usual, longest)
      lastAt = now
      if (doubt.held === 0) {
        heldSince = now
        heldBytes = 0
      }
      doubt.held += count
      heldBytes += bytes
      doubt.isPausing =
        answers === 1 ||
        usual > maxVerified ||
        doubt.held >= maxHeld ||
        heldBytes >= maxHeldBytes ||
        now - heldSince >= 10 * silence
      verdict ??= createVerdict()
      if (cancel === undefined) arm(silence)
      return verdict.promise
    },
    settle(failure?: Failure) {
      cancel?.()
      cancel = undefined
      verdict?.tell(failure)
      verdict = undefined
      doubt.held = 0
      // One long wait is remembered for a while.
      longest *= 0.9
      const wasPausing = doubt.isPausing
      doubt.isPausing = false
      if (wasPausing) resume()
    },
  }
  return doubt
}

/** The first answer may be a greeting: milliseconds of silence after it. The time it took is mostly that of the start. */
export const firstSilence = (took: number): number => Math.max(100, Math.min(took / 4, 1000))

/**
 * Milliseconds of silence after answers of which one usually takes and the slowest took so long: twice as much as the slowest,
 * so that what is owed has come. For slow workers that would cost more than it is worth: each answer is waited upon for a
 * tenth of its time.
 */
export const silenceAfter = (usual: number, longest: number): number =>
  usual > maxVerified
    ? Math.min(usual / 10, shortestSilence)
    : Math.min(Math.max(shortestSilence, 2 * longest), 4 * maxVerified)

// A busy machine lets a worker wait for as long now and then.
const shortestSilence = 20
// Answers are held for ten times the silence, one or two seconds in the end: more would be felt.
const maxVerified = 50
const maxHeld = 128 * 1024
const maxHeldBytes = 2 ** 24

const createVerdict = () => {
  let tell: (failure?: Failure) => void = () => {}
  const promise = new Promise<Failure | undefined>(resolve => {
    tell = resolve
  })
  return { promise, tell }
}
