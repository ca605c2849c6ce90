import { Failure } from '../core/failure.js'
import { placeOf } from '../core/json/field-place.js'
import { findElements } from '../core/json/find-elements.js'
import { parsePath } from '../core/json/path.js'
import { parseFailure } from '../core/json/record-failures.js'
import { createScanner } from '../core/json/scan.js'
import { type Line, Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'

export type UnbatchOptions = {
  /** Take the elements of the field `items`, as `batch --envelope` writes them. */
  readonly items: boolean
}

/** Turns each array back into its elements, one a line, byte for byte. */
export const createUnbatch: CreateProcessor<UnbatchOptions> = ({ items }, context) => {
  const { emit, reject } = context
  const scanner = createScanner(items ? [parsePath('.items')] : [])
  const itemsPlace = placeOf(scanner)

  const split = (lines: Lines, index: number): void | Promise<void> => {
    const { bytes } = lines
    const start = lines.start(index)
    const end = lines.end(index)
    if (!scanner.scan(bytes, start, end)) {
      const line = lines.at(index)
      return reject(line, parseFailure(line))
    }
    const from = items ? itemsPlace.start : scanner.valueStart
    const to = items ? itemsPlace.end : scanner.valueEnd
    if (from === -1 || bytes[from] !== 0x5b) {
      const wanted = items ? 'has no array at .items' : 'is no array'
      return reject(lines.at(index), new Failure('field', 'input', `Line ${lines.number + index} ${wanted}`))
    }
    return emit(listElements(bytes, from, to, lines.at(index)), 1)
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

const listElements = (bytes: Buffer, from: number, to: number, line: Line): Lines => {
  const ranges = findElements(bytes, from, to)
  const ends = new Int32Array(ranges.length / 2)
  const output = Buffer.allocUnsafe(to - from + ends.length)
  let runStart = ranges[0] as number
  let end = 0
  for (let index = 0; index < ends.length; index++) {
    const last = ranges[2 * index + 1] as number
    end += last + 1 - (ranges[2 * index] as number)
    ends[index] = end
    // Neighbours with one byte in between are copied at once, that byte too: it becomes the newline.
    const next = ranges[2 * index + 2] as number
    if (next === last + 1) continue
    bytes.copy(output, end - (last + 1 - runStart), runStart, last + 1)
    runStart = next
  }
  for (let index = 0; index < ends.length; index++) output[(ends[index] as number) - 1] = 10
  return ends.length === 0 ? Lines.none : new Lines(output, 0, ends, 0, ends.length, line.number, line.file)
}
