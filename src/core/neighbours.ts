import { joinWaits } from './join-waits.js'

/**
 * Emits consecutive lines together, with one call per run of them, and collects their promises. A line that passes costs
 * nothing.
 */
export class Neighbours {
  #from = 0
  #held: void | Promise<void> = undefined

  /** `pass` is called with the start and the (exclusive) end of a run. */
  constructor(readonly pass: (from: number, until: number) => void | Promise<void>) {}

  /** Starts a new run at this line; the lines before it are passed. */
  cut(index: number): void {
    const from = this.#from
    this.#from = index
    if (from < index) this.hold(this.pass(from, index))
  }

  /** Leaves this line out; the lines before it are passed. */
  leaveOut(index: number): void {
    this.cut(index)
    this.#from = index + 1
  }

  /** Adds another promise to wait for. */
  hold(promise: void | Promise<void>): void {
    this.#held = joinWaits(this.#held, promise)
  }

  /** Passes the lines before this one and ends; returns what to wait for. */
  end(index: number): void | Promise<void> {
    this.cut(index)
    return this.#held
  }
}
