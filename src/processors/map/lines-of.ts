import { Lines } from '../../core/lines.js'

/** Puts the output lines of one record into one buffer; their numbers start at the record's. There may be none. */
export const linesOf = (bytes: Buffer, number: number, file: string | undefined): Lines => {
  let count = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++
  const ends = new Int32Array(count)
  for (let index = 0, end = 0; index < count; index++) {
    end = bytes.indexOf(10, end) + 1
    ends[index] = end
  }
  return new Lines(bytes, 0, ends, 0, count, number, file)
}
