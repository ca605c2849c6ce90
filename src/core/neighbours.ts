import { joinWaits } from './join-waits.js'

/**
 * Hands on neighbours together, by one call for each run of them, and gathers what asks to hold back: nothing is made for a line
 * that passes.
 */
export class Neighbours {
  #from = 0
  #held: void | Promise<void> = undefined

  /** `pass` is given where a run begins and where it ends, the end not included. */
  constructor(readonly pass: (from: number, until: number) => void | Promise<void>) {}

  /** This one begins another run: what stands before it is passed. */
  cut(index: number): void {
    const from = this.#from
    this.#from = index
    if (from < index) this.hold(this.pass(from, index))
  }

  /** This one does not pass; what stands before it does. */
  leaveOut(index: number): void {
    this.cut(index)
    this.#from = index + 1
  }

  /** Something else that asks to hold back. */
  hold(promise: void | Promise<void>): void {
    this.#held = joinWaits(this.#held, promise)
  }

  /** What stands before this one is passed, and nothing more is; gives what is held. */
  end(index: number): void | Promise<void> {
    this.cut(index)
    return this.#held
  }
}
