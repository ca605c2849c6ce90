import { Failure } from '../core/failure.js'
import { endBefore, endOfLast } from '../core/json/element-starts.js'
import type { MissingKey } from '../core/json/key-reader.js'
import type { Path } from '../core/json/path.js'
import { createPushEach } from '../core/json/push-each.js'
import { missingField, parseFailure } from '../core/json/record-failures.js'
import { Rows } from '../core/json/rows.js'
import { splitElements } from '../core/json/split-elements.js'
import { Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'

export type FlattenOptions = {
  /** Where the array is. */
  readonly path: Path
  /** Each element stands where the array was, the rest of the record around it; else it is a record of its own. */
  readonly keep?: boolean
  /** What becomes of a record whose array is empty; it is dropped unless given. */
  readonly empty?: 'drop' | 'pass' | undefined
  /** What becomes of a record that has no such field, or `null` there; it fails unless given. */
  readonly missing?: MissingKey | undefined
}

/** Makes a record of each element of an array in a record, byte for byte. */
export const createFlatten: CreateProcessor<FlattenOptions> = (options, context) => {
  const { path, keep = false, empty = 'drop', missing = 'fail' } = options
  const { emit, reject, filter } = context
  const rows = new Rows([path], { divided: true })

  const leaveOut = (what: 'drop' | 'pass', lines: Lines, index: number): void | Promise<void> =>
    what === 'pass' ? emit(lines.slice(index, index + 1)) : filter(1, lines.number + index)

  const push = createPushEach(context, (lines, index) => {
    const row = rows.find(lines, index)
    if (rows.good[row] === 0) {
      const line = lines.at(index)
      return reject(line, parseFailure(line))
    }
    const start = rows.starts[row] as number
    const first = start === -1 ? letterN : (lines.bytes[start] as number)
    if (first === letterN) {
      if (missing !== 'fail') return leaveOut(missing, lines, index)
      if (start === -1) return reject(lines.at(index), missingField(lines.number + index, path, 'flatten'))
    }
    if (first !== openingBracket) {
      const message = `Line ${lines.number + index} has ${nameType(first)} at ${path.text}, not an array`
      return reject(lines.at(index), new Failure('field', 'input', message))
    }
    if (rows.elementCounts[row] === 0) return leaveOut(empty, lines, index)
    if (!keep) return emit(splitElements(rows, row, lines, index), 1)
    const pieces = listKept(rows, row, lines, index)
    return emitPieces(pieces, emit)
  })

  return { holdsNothing: true, push }
}

const openingBracket = 0x5b
const letterN = 0x6e

const nameType = (first: number): string => {
  if (first === 0x22) return 'a string'
  if (first === 0x7b) return 'an object'
  if (first === letterN) return 'null'
  return first === 0x74 || first === 0x66 ? 'a boolean' : 'a number'
}

type Piece = { readonly lines: Lines; readonly isLast: boolean }

/** The record is settled by its last piece. */
const emitPieces = (
  pieces: Iterator<Piece>,
  emit: (lines: Lines, records: number) => void | Promise<void>,
): void | Promise<void> => {
  const rest = async (first: Promise<void>): Promise<void> => {
    await first
    for (let piece = pieces.next(); !piece.done; piece = pieces.next()) {
      await emit(piece.value.lines, piece.value.isLast ? 1 : 0)
    }
  }
  for (let piece = pieces.next(); !piece.done; piece = pieces.next()) {
    const held = emit(piece.value.lines, piece.value.isLast ? 1 : 0)
    if (held !== undefined) return rest(held)
  }
}

/** So many bytes are made at once: all elements, each with a long record around it, may be more than fits into memory. */
const pieceSize = 64 * 1024

/** The record once for each element, which stands where the array was. */
function* listKept(
  { elements, firstElements, elementCounts, starts, ends: valueEnds }: Rows,
  row: number,
  lines: Lines,
  line: number,
): Generator<Piece> {
  const count = elementCounts[row] as number
  const first = firstElements[row] as number
  const { bytes } = lines
  const offsets = elements?.offsets as Int32Array
  const begin = lines.start(line)
  const arrayStart = starts[row] as number
  const arrayEnd = valueEnds[row] as number
  const end = lines.end(line)
  const around = arrayStart - begin + end - arrayEnd
  const elementEnd = (index: number): number =>
    index === count - 1 ? endOfLast(bytes, arrayEnd) : endBefore(bytes, offsets[first + index + 1] as number)

  for (let from = 0; from < count; ) {
    let size = 0
    let until = from
    while (until < count && (until === from || size < pieceSize)) {
      size += around + elementEnd(until) - (offsets[first + until] as number)
      until++
    }
    const output = Buffer.allocUnsafe(size)
    const ends = new Int32Array(until - from)
    let at = 0
    for (let index = from; index < until; index++) {
      at += bytes.copy(output, at, begin, arrayStart)
      at += bytes.copy(output, at, offsets[first + index], elementEnd(index))
      at += bytes.copy(output, at, arrayEnd, end)
      ends[index - from] = at
    }
    yield {
      lines: new Lines(output, 0, ends, 0, until - from, lines.number + line, lines.file),
      isLast: until === count,
    }
    from = until
  }
}
