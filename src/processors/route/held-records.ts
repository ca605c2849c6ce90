import type { Receipt } from '../../core/io/output.js'
import type { Lines } from '../../core/lines.js'

/** Records that were given to what says only at its end whether it has done its work. */
export class HeldRecords {
  // By the set of targets: how many there are of a kind does not matter, so memory does not grow with the records.
  readonly #held = new Map<number, { records: number; readonly number: number; readonly file: string | undefined }>()

  /** `set` is the number of a set of targets. */
  add(set: number, lines: Lines): void {
    const known = this.#held.get(set)
    if (known === undefined) this.#held.set(set, { records: lines.length, number: lines.number, file: lines.file })
    else known.records += lines.length
  }

  /** All that were given to targets that have done their work are delivered; `copies` is how many lines one record became. */
  settle(isDone: (set: number) => boolean, copies: (set: number) => number, receipt: Receipt): void {
    for (const [set, { records, number, file }] of this.#held) {
      if (isDone(set)) receipt.delivered(records, records * copies(set))
      else receipt.lost(records, number, file)
    }
    this.#held.clear()
  }
}
