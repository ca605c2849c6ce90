import { Lines } from '../lines.js'
import { endBefore, endOfLast } from './element-starts.js'
import type { Rows } from './rows.js'

/** The elements of the array at the last path of a row, one a line, byte for byte; the rows must be `divided`. */
export const splitElements = (
  { elements, firstElements, elementCounts, ends: valueEnds }: Rows,
  row: number,
  lines: Lines,
  line: number,
): Lines => {
  const count = elementCounts[row] as number
  if (elements === undefined || count === 0) return Lines.none
  const { bytes } = lines
  const { offsets } = elements
  const first = firstElements[row] as number
  const ends = new Int32Array(count)
  const lastEnd = endOfLast(bytes, valueEnds[row] as number)
  let start = offsets[first] as number
  const output = Buffer.allocUnsafe(lastEnd - start + 1)
  // Neighbours with one byte in between are copied at once, that byte too: it becomes the newline.
  let runStart = start
  let end = 0
  for (let index = 0; index < count; index++) {
    const isLast = index === count - 1
    const next = isLast ? -1 : (offsets[first + index + 1] as number)
    const last = isLast ? lastEnd : endBefore(bytes, next)
    end += last + 1 - start
    ends[index] = end
    start = next
    if (next === last + 1) continue
    bytes.copy(output, end - (last + 1 - runStart), runStart, last + 1)
    runStart = next
  }
  for (let index = 0; index < count; index++) output[(ends[index] as number) - 1] = 10
  return new Lines(output, 0, ends, 0, count, lines.number + line, lines.file)
}
