import type { Kind } from './failure.js'
import type { Receipt } from './io/output.js'

/** The counters of a stage, each kept where the thing happens; none is computed from the others. */
export class Ledger {
  /** Lines of the input that were looked at: records, failure records of earlier stages and blank ones. */
  lines = 0
  /** Records taken from the input. */
  read = 0
  /** Records whose result the output has taken whole. */
  delivered = 0
  /** Records dropped on purpose. */
  filtered = 0
  /** Records whose failure record the sink has taken whole. */
  failed = 0
  /** Records read but never begun, or whose result was not taken. */
  undelivered = 0
  /** Records whose result nobody needs: a later stage has enough. */
  unneeded = 0
  /** Good lines that the next stage, or the output, has taken. */
  out = 0
  /** Failure records of earlier stages. */
  upstream = 0
  blank = 0
  /** Rejections so far, whether or not the sink has taken them yet: what `--max-fail` looks at. */
  rejected = 0
  readonly byKind = new Map<Kind, number>()
  /** The first record that was not delivered: the place to resume from. */
  resume: { readonly file: string | undefined; readonly number: number } | undefined

  /** False when the input is no sequence that could be gone on with from one place. */
  hasPlace = true

  /** Told as well what becomes of good records: whoever acknowledges them elsewhere. */
  watcher: Receipt | undefined

  readonly #files: (string | undefined)[] = []

  /** The FILE operand that is read now. */
  set file(file: string | undefined) {
    if (!this.#files.includes(file)) this.#files.push(file)
  }

  /** What becomes of good records. */
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

  /** What becomes of failure records of this kind made by this run. */
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

  /** What becomes of failure records of earlier stages: they are nobody's records, but the place to resume from counts. */
  readonly passing: Receipt = {
    delivered: () => {},
    lost: (_, number, file) => this.#note(number, file),
  }

  /** What does not add up, in words: a processor that lost, made up or counted something twice; undefined when all is well. */
  findMiscount(): string | undefined {
    const { read, delivered, filtered, failed, undelivered, unneeded } = this
    const settled = delivered + filtered + failed + undelivered + unneeded
    if (read === settled) return undefined
    return `${read} records were read and ${settled} are accounted for (${delivered} delivered, ${filtered} filtered, ${failed} failed, ${undelivered} undelivered, ${unneeded} unneeded)`
  }

  skip(records: number): void {
    this.unneeded += records
  }

  /** Nothing behind this line was looked at. */
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
