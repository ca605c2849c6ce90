import type { Failure } from '../../core/failure.js'
import type { Line } from '../../core/lines.js'

/** A record that waits for a circuit. */
export type Waiter = {
  readonly line: Line
  /** Ends the wait: with a turn to ask again or to probe, or with what ended it. */
  readonly go: (turn: Turn) => void
}

export type Turn = 'ask' | 'probe' | { readonly ended: Failure }

/** Records that wait, the oldest first, and which of them have been probes already. */
export type WaitingRoom = {
  readonly size: number
  add(waiting: Waiter): void
  remove(waiting: Waiter): void
  /** Takes out everybody, the oldest first. */
  empty(): readonly Waiter[]
  /** Takes out the one to probe with: the oldest of those that were probes the least often in this opening. */
  takeProbe(): Waiter | undefined
  /** This record is a probe now. */
  noteProbe(line: Line): void
  /** How often a record was a probe in this opening. */
  countProbes(line: Line): number
  /** Closed again: no record was a probe. */
  forgetProbes(): void
}

export const createWaitingRoom = (): WaitingRoom => {
  let waiting: Waiter[] = []
  let probes = new WeakMap<Line, number>()
  const countProbes = (line: Line) => probes.get(line) ?? 0
  return {
    get size() {
      return waiting.length
    },
    add(one) {
      // A retry comes back to its place, in front of what was read after it.
      const last = waiting.at(-1)
      const later = last === undefined || !isLater(last, one) ? -1 : waiting.findIndex(other => isLater(other, one))
      if (later === -1) waiting.push(one)
      else waiting.splice(later, 0, one)
    },
    remove(one) {
      const at = waiting.indexOf(one)
      if (at === -1) return
      waiting.splice(at, 1)
    },
    empty() {
      const all = waiting
      waiting = []
      return all
    },
    takeProbe() {
      const counts = waiting.map(({ line }) => countProbes(line))
      const at = counts.indexOf(counts.reduce((least, count) => Math.min(least, count), Infinity))
      if (at === -1) return undefined
      const [chosen] = waiting.splice(at, 1)
      return chosen
    },
    noteProbe(line) {
      probes.set(line, countProbes(line) + 1)
    },
    countProbes,
    forgetProbes() {
      probes = new WeakMap()
    },
  }
}

const isLater = (one: Waiter, other: Waiter) => one.line.file === other.line.file && one.line.number > other.line.number
