import type { Cancel } from '../core/clock.js'
import type { Failure } from '../core/failure.js'
import { placeOf } from '../core/json/field-place.js'
import type { Path } from '../core/json/path.js'
import { missingField, parseFailure } from '../core/json/record-failures.js'
import { createScanner } from '../core/json/scan.js'
import { type Line, Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'
import { GrowingBuffer } from '../core/tables/growing-buffer.js'
import { canonicalKey } from './map/prepare.js'
import { createMatcher, type Match } from './match.js'

export type BatchOptions = {
  /** Most elements of a batch. */
  readonly size?: number | undefined
  /** Longest emitted line in bytes, without its newline; a single record that is longer goes alone. */
  readonly bytes: number
  /** Longest wait in milliseconds, from the first record of the batch. */
  readonly within?: number | undefined
  /** A record that closes its batch. */
  readonly until?: { readonly path: Path; readonly match: Match } | undefined
  /** A batch per value of this field. */
  readonly key?: Path | undefined
  /** Open batches at most; the oldest is emitted to make room. */
  readonly maxKeys: number
  /** `{"items":[…],"n":…,"why":…}` instead of a bare array. */
  readonly envelope: boolean
}

type Why = 'size' | 'bytes' | 'within' | 'until' | 'end' | 'signal' | 'max-keys'

type Batch = {
  readonly key: string
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

/** Gathers records into arrays, one a line, each element byte for byte as it came. */
export const createBatch: CreateProcessor<BatchOptions> = (options, context) => {
  const { size = Number.POSITIVE_INFINITY, within, until, key, envelope } = options
  const paths = [...(key === undefined ? [] : [key]), ...(until === undefined ? [] : [until.path])]
  const scanner = createScanner(paths)
  const keyPlace = placeOf(scanner)
  const untilPlace = placeOf(scanner, paths.length - 1)
  const matches = until === undefined ? undefined : createMatcher(until.match)
  const open = new Map<string, Batch>()
  // Neighbours of the running push that go into the same batch: copied at once, which is twice as fast as one by one.
  let run:
    | { readonly batch: Batch; readonly lines: Lines; readonly first: number; from: number; to: number }
    | undefined
  let usualLength = 1024
  // The envelope's longest end.
  const overhead = (batch: Batch, number: number) =>
    envelope ? describeEnd(batch, 'max-keys', number, batch.count + 1).length : 0
  let holding: void | Promise<void>

  /** Copies a run of elements; what stands behind each becomes a comma. */
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
    const held = context.emit(Lines.of(batch.array.view(), batch.first, batch.file), batch.count)
    if (held !== undefined) holding = held
  }

  const start = (name: string, line: { number: number; file: string | undefined }): Batch => {
    if (key !== undefined && open.size >= options.maxKeys) {
      const oldest = open.values().next().value
      if (oldest !== undefined) emit(oldest, 'max-keys')
    }
    const array = new GrowingBuffer(Math.min(usualLength + 256, 64 * 1024))
    if (envelope) array.appendText('{"items":')
    array.appendByte(opening)
    const { length } = array
    const { number: first, file } = line
    const batch: Batch = { key: name, array, length, count: 0, first, file, last: 0, cancel: undefined }
    if (within !== undefined) batch.cancel = context.clock.after(within, () => emit(batch, 'within'))
    open.set(name, batch)
    return batch
  }

  const add = (lines: Lines, index: number, name: string): void => {
    const from = scanner.valueStart
    const to = scanner.valueEnd
    const number = lines.number + index
    // Nearly always the batch of the record before.
    let batch = run !== undefined && run.batch.key === name ? run.batch : open.get(name)
    if (batch !== undefined && batch.length + (to - from) + 1 + overhead(batch, number) > options.bytes) {
      emit(batch, 'bytes')
      batch = undefined
    }
    batch ??= start(name, { number, file: lines.file })
    if (run?.batch === batch && run.to === from) run.to = to + 1
    else {
      copyRun()
      run = { batch, lines, first: index, from, to: to + 1 }
    }
    batch.length += to - from + 1
    batch.count++
    batch.last = number
    if (matches?.(lines.bytes, untilPlace.start, untilPlace.end)) emit(batch, 'until')
    else if (batch.count >= size) emit(batch, 'size')
    // Not one byte more fits.
    else if (batch.length + 1 + overhead(batch, number) > options.bytes) emit(batch, 'bytes')
  }

  // A refused record may be one too many: the run is over then, and no more of the push is wanted.
  let refused = false
  const refuse = (line: Line, failure: Failure): void => {
    refused = true
    context.reject(line, failure)
  }

  const look = (lines: Lines, index: number): void => {
    if (!scanner.scan(lines.bytes, lines.start(index), lines.end(index))) {
      const line = lines.at(index)
      return refuse(line, parseFailure(line))
    }
    if (key === undefined) return add(lines, index, '')
    const { start, end } = keyPlace
    if (start !== -1) return add(lines, index, canonicalKey(lines.bytes, start, end))
    refuse(lines.at(index), missingField(lines.number + index, key, '--key'))
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

const describeEnd = ({ first, key }: Batch, why: Why, last: number, count: number): string =>
  `,"n":${count},"why":"${why}","first":${first},"last":${last}${key === '' ? '' : `,"key":${key}`}}`
