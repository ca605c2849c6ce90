import type { Cancel } from '../core/clock.js'
import type { Failure } from '../core/failure.js'
import { KeyReader, type MissingKey } from '../core/json/key-reader.js'
import type { Path } from '../core/json/path.js'
import { missingField, parseFailure } from '../core/json/record-failures.js'
import { Rows } from '../core/json/rows.js'
import { type Line, Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'
import { GrowingBuffer } from '../core/tables/growing-buffer.js'
import { createMatcher, type Match } from './match.js'

export type BatchOptions = {
  /** Maximum number of elements in a batch. */
  readonly size?: number | undefined
  /** Maximum length of an emitted line in bytes, without its newline. A longer record becomes a batch of its own. */
  readonly bytes: number
  /** Maximum age of a batch in milliseconds, counted from its first record. */
  readonly within?: number | undefined
  /** Closes a batch after a record that has this value. */
  readonly until?: { readonly path: Path; readonly match: Match } | undefined
  /** Makes a separate batch for each value of these fields together. */
  readonly key?: Path | readonly Path[] | undefined
  /** What to do with a record without the key. By default it is rejected as `field`; `pass` emits it unchanged. */
  readonly missing?: MissingKey | undefined
  /** Maximum number of open batches; the oldest is emitted to make room. */
  readonly maxKeys: number
  /** `{"items":[…],"n":…,"why":…}` instead of a bare array. */
  readonly envelope: boolean
}

type Why = 'size' | 'bytes' | 'within' | 'until' | 'end' | 'signal' | 'max-keys'

type Batch = {
  readonly key: string
  /** The key as the first record writes it; empty without one. */
  readonly written: string
  /** The array so far; every element is followed by a comma. */
  readonly array: GrowingBuffer
  /** Its length with the elements that are still to be copied. */
  length: number
  count: number
  readonly first: Line['number']
  readonly file: Line['file']
  last: number
  cancel: Cancel | undefined
}

const opening = 0x5b
const closing = 0x5d
const comma = 0x2c

/**
 * Gathers records into JSON arrays, one per line; elements keep their exact bytes. Rejects a line that is not valid JSON as
 * `parse`, and a record without the key as `field` unless `missing` says otherwise.
 */
export const createBatch: CreateProcessor<BatchOptions> = (options, context) => {
  const { size = Number.POSITIVE_INFINITY, within, until, missing = 'fail', envelope } = options
  const key = [options.key ?? []].flat()
  const rows = new Rows([...key, ...(until === undefined ? [] : [until.path])])
  const keys = new KeyReader(key)
  const isKeyed = key.length > 0
  const matches = until === undefined ? undefined : createMatcher(until.match)
  const open = new Map<string, Batch>()
  // Consecutive lines of the current push that go into the same batch are copied at once: twice as fast as one by one.
  let run:
    | { readonly batch: Batch; readonly lines: Lines; readonly first: number; from: number; to: number }
    | undefined
  let usualLength = 1024
  // The longest possible end of an envelope.
  const overhead = (batch: Batch, number: number) =>
    envelope ? describeEnd(batch, 'max-keys', number, batch.count + 1).length : 0
  let holding: void | Promise<void>
  const hold = (held: void | Promise<void>): void => {
    if (held !== undefined) holding = held
  }

  /** Copies consecutive elements; the byte after each becomes a comma. */
  const copyRun = (): void => {
    if (run === undefined) return
    const { batch, lines, first, from, to } = run
    run = undefined
    const shift = batch.array.length - from
    batch.array.append(lines.bytes, from, to)
    for (let index = first; lines.end(index) < to; index++) batch.array.setByte(lines.end(index) - 1 + shift, comma)
    batch.array.setByte(batch.array.length - 1, comma)
  }

  const emit = (batch: Batch, why: Why): void => {
    copyRun()
    open.delete(batch.key)
    batch.cancel?.()
    batch.array.setByte(batch.array.length - 1, closing)
    if (envelope) batch.array.appendText(describeEnd(batch, why, batch.last, batch.count))
    batch.array.appendByte(10)
    usualLength = batch.array.length
    hold(context.emit(Lines.of(batch.array.view(), batch.first, batch.file), batch.count))
  }

  const start = (name: string, lines: Lines, index: number, row: number): Batch => {
    if (isKeyed && open.size >= options.maxKeys) {
      const oldest = open.values().next().value
      if (oldest !== undefined) emit(oldest, 'max-keys')
    }
    const array = new GrowingBuffer(Math.min(usualLength + 256, 64 * 1024))
    if (envelope) array.appendText('{"items":')
    array.appendByte(opening)
    const { length } = array
    const written = isKeyed && envelope ? keys.readWritten(rows, lines.bytes, row) : ''
    const first = lines.number + index
    const { file } = lines
    const batch: Batch = { key: name, written, array, length, count: 0, first, file, last: 0, cancel: undefined }
    if (within !== undefined) batch.cancel = context.clock.after(within, () => emit(batch, 'within'))
    open.set(name, batch)
    return batch
  }

  const closes = (bytes: Buffer, row: number, matches: ReturnType<typeof createMatcher>): boolean => {
    const at = row * rows.width + key.length
    return matches(bytes, rows.starts[at] as number, rows.ends[at] as number)
  }

  const add = (lines: Lines, index: number, row: number, name: string): void => {
    const from = rows.valueStarts[row] as number
    const to = rows.valueEnds[row] as number
    const number = lines.number + index
    // Nearly always the same batch as for the record before.
    let batch = run !== undefined && run.batch.key === name ? run.batch : open.get(name)
    if (batch !== undefined && batch.length + (to - from) + 1 + overhead(batch, number) > options.bytes) {
      emit(batch, 'bytes')
      batch = undefined
    }
    batch ??= start(name, lines, index, row)
    if (run?.batch === batch && run.to === from) run.to = to + 1
    else {
      copyRun()
      run = { batch, lines, first: index, from, to: to + 1 }
    }
    batch.length += to - from + 1
    batch.count++
    batch.last = number
    if (matches !== undefined && closes(lines.bytes, row, matches)) emit(batch, 'until')
    else if (batch.count >= size) emit(batch, 'size')
    // The batch is exactly full.
    else if (batch.length + 1 + overhead(batch, number) > options.bytes) emit(batch, 'bytes')
  }

  // The rejected record may have been one too many (`--max-fail`): then the rest of the push is given back.
  let refused = false
  const refuse = (line: Line, failure: Failure): void => {
    refused = true
    context.reject(line, failure)
  }

  const look = (lines: Lines, index: number): void => {
    const row = rows.find(lines, index)
    if (rows.good[row] === 0) {
      const line = lines.at(index)
      return refuse(line, parseFailure(line))
    }
    if (!isKeyed) return add(lines, index, row, '')
    if (keys.read(rows, lines.bytes, row)) return add(lines, index, row, keys.text)
    if (missing === 'drop') context.filter(1)
    else if (missing === 'pass') hold(context.emit(lines.slice(index, index + 1)))
    else refuse(lines.at(index), missingField(lines.number + index, keys.missing as Path, '--key'))
  }

  return {
    holdsNothing: true,
    push(lines) {
      holding = undefined
      refused = false
      for (let index = 0; index < lines.length; index++) {
        look(lines, index)
        if (refused && context.stopping.aborted) {
          context.giveBack(lines.slice(index + 1))
          break
        }
      }
      copyRun()
      return holding
    },
    end() {
      const why = context.stopping.aborted ? 'signal' : 'end'
      for (const batch of [...open.values()]) emit(batch, why)
    },
  }
}

const describeEnd = ({ first, written }: Batch, why: Why, last: number, count: number): string =>
  `,"n":${count},"why":"${why}","first":${first},"last":${last}${written === '' ? '' : `,"key":${written}`}}`
