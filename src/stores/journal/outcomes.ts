import type { JournalWord } from './format.js'

/** The last outcome of each line of the inputs that has one: a few numbers each, found by file and line number. */
export class Outcomes {
  /** How many lines have one. */
  size = 0
  readonly #files: Column[] = []

  note(word: JournalWord, file: number, line: number, offset: number, length: number, content: number): void {
    const column = this.#files[file] ?? new Column()
    this.#files[file] = column
    column.reach(line)
    const known = column.states[line] as number
    if (word === 'kept') column.states[line] = known | keptBit
    else if (word === 'done') column.states[line] = known & ~owedBit
    else {
      if ((known & outcomeBits) === 0) this.size++
      // Whoever called it again has to mark the dead letter of the call before.
      const owed = (known & keptBit) === 0 ? known & owedBit : owedBit
      column.states[line] = codes[word] | owed
      column.offsets[line] = offset
      column.lengths[line] = length
      column.contents[line] = content
    }
  }

  /** The outcome of a line; undefined: it has none. */
  find(file: number, line: number): FoundOutcome | undefined {
    const column = this.#files[file]
    const state = column?.states[line] ?? 0
    const word = wordsByCode[state & outcomeBits]
    if (column === undefined || word === undefined) return undefined
    return {
      word,
      isKept: (state & keptBit) !== 0,
      offset: column.offsets[line] as number,
      length: column.lengths[line] as number,
      content: column.contents[line] as number,
    }
  }

  /** Whether a line has an outcome. */
  has(file: number, line: number): boolean {
    return ((this.#files[file]?.states[line] ?? 0) & outcomeBits) !== 0
  }

  /** Lines that have failed, in part at least, and whose failure record may not have been taken. */
  listUnkept(): readonly LinePlace[] {
    return this.#list(state => (state & outcomeBits) >= codes.failed && (state & keptBit) === 0)
  }

  /** Lines whose earlier dead letter has to be marked done. */
  listOwed(): readonly LinePlace[] {
    return this.#list(state => (state & owedBit) !== 0)
  }

  #list(fits: (state: number) => boolean): LinePlace[] {
    return this.#files.flatMap((column, file) => {
      const found: LinePlace[] = []
      for (let line = 0; line < column.states.length; line++) {
        if (fits(column.states[line] as number)) found.push({ file, line })
      }
      return found
    })
  }
}

export type LinePlace = { readonly file: number; readonly line: number }

export type FoundOutcome = {
  readonly word: JournalWord
  /** Its failure record was taken. */
  readonly isKept: boolean
  readonly offset: number
  readonly length: number
  readonly content: number
}

const codes = { ok: 1, none: 2, failed: 3, items: 4 } as const
const wordsByCode: readonly (JournalWord | undefined)[] = [undefined, 'ok', 'none', 'failed', 'items']
const outcomeBits = 7
const keptBit = 8
const owedBit = 16

class Column {
  states = new Uint8Array(1024)
  offsets = new Float64Array(1024)
  lengths = new Uint32Array(1024)
  contents = new Uint32Array(1024)

  reach(line: number): void {
    if (line < this.states.length) return
    const length = Math.ceil(1.5 * (line + 1))
    this.states = copyInto(new Uint8Array(length), this.states)
    this.offsets = copyInto(new Float64Array(length), this.offsets)
    this.lengths = copyInto(new Uint32Array(length), this.lengths)
    this.contents = copyInto(new Uint32Array(length), this.contents)
  }
}

const copyInto = <T extends Uint8Array | Float64Array | Uint32Array>(to: T, from: T): T => {
  to.set(from)
  return to
}
