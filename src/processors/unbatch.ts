import { Failure } from '../core/failure.js'
import { endBefore, endOfLast } from '../core/json/element-starts.js'
import { parsePath } from '../core/json/path.js'
import { parseFailure } from '../core/json/record-failures.js'
import { Rows } from '../core/json/rows.js'
import { Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'

export type UnbatchOptions = {
  /** Use the elements of the field `items`, as `batch --envelope` writes them. */
  readonly items: boolean
}

/**
 * Turns each array back into its elements, one per line, byte for byte. Rejects a record that is not an array (or has none in
 * `items`) as `field`, and a line that is not valid JSON as `parse`.
 */
export const createUnbatch: CreateProcessor<UnbatchOptions> = ({ items }, context) => {
  const { emit, reject } = context
  const rows = new Rows([parsePath(items ? '.items' : '.')], { divided: true })

  const split = (lines: Lines, index: number): void | Promise<void> => {
    const row = rows.find(lines, index)
    if (rows.good[row] === 0) {
      const line = lines.at(index)
      return reject(line, parseFailure(line))
    }
    const start = rows.starts[row] as number
    if (start === -1 || lines.bytes[start] !== 0x5b) {
      const wanted = items ? 'does not have an array at .items' : 'is not an array'
      return reject(lines.at(index), new Failure('field', 'input', `Line ${lines.number + index} ${wanted}`))
    }
    return emit(listElements(rows, row, lines, index), 1)
  }

  const rest = async (first: Promise<void>, lines: Lines, from: number): Promise<void> => {
    await first
    for (let index = from; index < lines.length; index++) await split(lines, index)
  }

  return {
    holdsNothing: true,
    push(lines) {
      for (let index = 0; index < lines.length; index++) {
        const held = split(lines, index)
        if (held !== undefined) return rest(held, lines, index + 1)
        if (context.stopping.aborted) return context.giveBack(lines.slice(index + 1))
      }
    },
  }
}

const listElements = (
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
  // Elements with one byte between them are copied together with that byte, which becomes the newline.
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
