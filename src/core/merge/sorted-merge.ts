import { Failure } from '../failure.js'
import type { Path } from '../json/path.js'
import { missingField, parseFailure } from '../json/record-failures.js'
import { createScanner } from '../json/scan.js'
import type { Lines } from '../lines.js'
import type { Item } from '../stage.js'
import { SortKey } from './sort-key.js'

/** One of the inputs of a merge; its records must be in order. */
export type MergeSource = {
  /** What was read; it is held until no other input can have anything that comes before it. */
  add(lines: Lines): void
  /** There is no more of it. */
  end(): void
  /** Nothing of it is held. */
  readonly isEmpty: boolean
  /** Settles when nothing of it is held any more, or when nothing more is to be merged; undefined when that is so now. */
  whenEmpty(): Promise<void> | undefined
}

export type SortedMerge = {
  readonly sources: readonly MergeSource[]
  /** Gives what is held as it is and holds nothing more: the run is over. */
  release(): void
}

/**
 * Merges so many inputs by the value at a path; equal ones in the order of the inputs. A record without such a value, or one
 * that is less than the one before it in its input, is given as bad, in its place.
 */
export const createSortedMerge = (path: Path, count: number, give: (item: Item) => void): SortedMerge => {
  const scanner = createScanner([path])
  const { starts, ends } = scanner
  // Those that have a record to give, the one that comes first in front.
  const heads: Source[] = []
  // Those that may still have something and hold nothing: all wait for them.
  let awaited = count
  let released = false

  /** What is wrong with the record that the source is at; else its key is the source's. */
  const look = (source: Source, lines: Lines): Failure | undefined => {
    const { bytes } = lines
    if (!scanner.scan(bytes, lines.start(source.at), lines.end(source.at))) return parseFailure(lines.at(source.at))
    const number = lines.number + source.at
    const start = starts[0] as number
    if (start === -1) return missingField(number, path, '--sorted-by')
    if (!source.spare.read(bytes, start, ends[0] as number)) return unordered(number, path, bytes[start] === 0x7b)
    if (source.isBegun && source.spare.compare(source.key) < 0) return outOfOrder(number, path, lines.file)
    source.take()
    return undefined
  }

  const refuse = (source: Source, lines: Lines, failure: Failure): void => {
    give({ kind: 'bad', rejected: { line: lines.at(source.at++), failure } })
  }

  /** Goes to the next good record of the source; false when none is held. */
  const advance = (source: Source): boolean => {
    for (let lines = source.lines[0]; lines !== undefined; lines = source.lines[0]) {
      if (source.isRead) return true
      if (source.at === lines.length) {
        source.lines.shift()
        source.at = 0
        continue
      }
      const failure = look(source, lines)
      if (failure === undefined) return true
      refuse(source, lines, failure)
    }
    source.empty()
    return false
  }

  /** Gives neighbours of the source in front, up to the first one that another source comes before. */
  const passRun = (source: Source, rival: Source | undefined): void => {
    const lines = source.lines[0] as Lines
    const from = source.at
    let failure: Failure | undefined
    do {
      source.isRead = false
      source.at++
      if (source.at < lines.length) failure = look(source, lines)
    } while (source.isRead && (rival === undefined || comesBefore(source, rival)))
    give({ kind: 'records', lines: lines.slice(from, source.at) })
    if (failure !== undefined) refuse(source, lines, failure)
  }

  const enter = (source: Source): void => {
    let low = 0
    let high = heads.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (comesBefore(heads[middle] as Source, source)) low = middle + 1
      else high = middle
    }
    heads.splice(low, 0, source)
  }

  const pump = (): void => {
    for (let source = heads[0]; awaited === 0 && source !== undefined; source = heads[0]) {
      passRun(source, heads[1])
      heads.shift()
      if (advance(source)) enter(source)
      else if (!source.isOver) awaited++
    }
  }

  const connect = (source: Source): MergeSource => ({
    add(lines) {
      if (released) return give({ kind: 'records', lines })
      const held = source.lines.length > 0
      source.lines.push(lines)
      if (held || !advance(source)) return
      awaited--
      enter(source)
      pump()
    },
    end() {
      source.isOver = true
      if (released || source.lines.length > 0) return
      awaited--
      pump()
    },
    get isEmpty() {
      return source.lines.length === 0
    },
    whenEmpty: () => (source.lines.length === 0 ? undefined : source.whenEmpty()),
  })

  const all = Array.from({ length: count }, (_, index) => new Source(index))
  return {
    sources: all.map(connect),
    release() {
      released = true
      for (const source of all) {
        for (const [index, lines] of source.lines.entries()) {
          give({ kind: 'records', lines: index === 0 ? lines.slice(source.at) : lines })
        }
        source.lines.length = 0
        source.empty()
      }
    },
  }
}

class Source {
  /** What is held, and where in the first of them the next record is. */
  readonly lines: Lines[] = []
  at = 0
  /** The key of the record at `at` when that `isRead`, else of the one before. */
  key = new SortKey()
  spare = new SortKey()
  isRead = false
  isBegun = false
  isOver = false
  #waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  constructor(readonly index: number) {}

  /** The key just read is that of the next record. */
  take(): void {
    const before = this.key
    this.key = this.spare
    this.spare = before
    this.isRead = true
    this.isBegun = true
  }

  whenEmpty(): Promise<void> {
    if (this.#waiting === undefined) {
      let resolve = () => {}
      const promise = new Promise<void>(done => {
        resolve = done
      })
      this.#waiting = { promise, resolve }
    }
    return this.#waiting.promise
  }

  empty(): void {
    this.key.keep()
    this.#waiting?.resolve()
    this.#waiting = undefined
  }
}

const comesBefore = (one: Source, other: Source): boolean => {
  const order = one.key.compare(other.key)
  return order === 0 ? one.index < other.index : order < 0
}

const unordered = (number: number, { text }: Path, isObject: boolean): Failure => {
  const what = isObject ? 'an object' : 'an array'
  const wanted = 'expected a path to a number, a string, true, false or null'
  return new Failure(
    'field',
    'input',
    `Line ${number}: ${text} for --sorted-by is ${what}, which cannot be sorted: ${wanted}`,
  )
}

const outOfOrder = (number: number, { text }: Path, file: string | undefined): Failure => {
  const input = file ?? 'standard input'
  return new Failure('field', 'input', `Line ${number}: ${text} is smaller than before: ${input} is not sorted by it`)
}
