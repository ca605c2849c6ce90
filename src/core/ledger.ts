import type { Kind } from './failure.js'
import type { Receipt } from './io/output.js'

/** The counters of a stage. Each is counted where it happens; none is computed from the others. */
export class Ledger {
  /** Lines read from the input: records, failure records of earlier stages and blank lines. */
  lines = 0
  /** Records taken from the input. */
  read = 0
  /** Records whose complete result the output has accepted. */
  delivered = 0
  /** Records dropped on purpose. */
  filtered = 0
  /** Records whose complete failure record the sink has accepted. */
  failed = 0
  /** Records that were read but never started, or whose result was not accepted. */
  undelivered = 0
  /** Records whose result is not needed, because a later stage has enough. */
  unneeded = 0
  /** Good lines that the next stage or the output has accepted. */
  out = 0
  /** Failure records of earlier stages. */
  upstream = 0
  blank = 0
  /** Rejections so far, whether or not the sink has accepted them yet; `--max-fail` uses this count. */
  rejected = 0
  readonly byKind = new Map<Kind, number>()
  /** The first record that was not delivered: where the next run can continue. */
  resume: { readonly file: string | undefined; readonly number: number } | undefined

  /** False if the input cannot be continued from one place (several inputs at once). */
  hasPlace = true

  /** Also notified of the outcome of good records, to acknowledge them elsewhere. */
  watcher: Receipt | undefined

  readonly #files: (string | undefined)[] = []

  /** The FILE operand that is being read. */
  set file(file: string | undefined) {
    if (!this.#files.includes(file)) this.#files.push(file)
  }

  /** Counts the outcome of good records. */
  readonly good: Receipt = {
    delivered: (records, lines = records) => {
      this.delivered += records
      this.out += lines
      this.watcher?.delivered(records)
    },
    lost: (records, number, file) => {
      this.lose(records, number, file)
      this.watcher?.lost(records, number, file)
    },
  }

  /** Counts the outcome of failure records of this kind that this run made. */
  bad(kind: Kind): Receipt {
    const known = this.#bad.get(kind)
    if (known !== undefined) return known
    const receipt: Receipt = {
      delivered: records => {
        this.failed += records
        this.byKind.set(kind, (this.byKind.get(kind) ?? 0) + records)
      },
      lost: (records, number, file) => this.lose(records, number, file),
    }
    this.#bad.set(kind, receipt)
    return receipt
  }

  readonly #bad = new Map<Kind, Receipt>()

  /** Counts the outcome of failure records of earlier stages: they are not records, but affect where to continue. */
  readonly passing: Receipt = {
    delivered: () => {},
    lost: (_, number, file) => this.#note(number, file),
  }

  /** Describes counts that do not add up, because a processor lost, invented or double-counted records; undefined if correct. */
  findMiscount(): string | undefined {
    const { read, delivered, filtered, failed, undelivered, unneeded } = this
    const settled = delivered + filtered + failed + undelivered + unneeded
    if (read === settled) return undefined
    return `${read} records were read and ${settled} are accounted for (${delivered} delivered, ${filtered} filtered, ${failed} failed, ${undelivered} undelivered, ${unneeded} unneeded)`
  }

  skip(records: number): void {
    this.unneeded += records
  }

  /** No line after this one was read. */
  stopBefore(number: number, file: string | undefined): void {
    this.#note(number, file)
  }

  lose(records: number, number: number, file?: string): void {
    if (records === 0) return
    this.undelivered += records
    this.#note(number, file)
  }

  #note(number: number, file: string | undefined): void {
    if (number > 0 && this.hasPlace && (this.resume === undefined || this.#isBefore(number, file, this.resume))) {
      this.resume = { file, number }
    }
  }

  #isBefore(number: number, file: string | undefined, other: { file: string | undefined; number: number }): boolean {
    if (file === other.file) return number < other.number
    return this.#files.indexOf(file) < this.#files.indexOf(other.file)
  }
}
