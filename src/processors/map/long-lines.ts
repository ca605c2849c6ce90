import { Failure } from '../../core/failure.js'
import type { Lines } from '../../core/lines.js'

/** Throws a `Failure` for lines that the next stage cannot read: of them nothing is written. */
export const refuseLongLines = (lines: Lines, maxLine: number): void => {
  if (lines.byteLength <= maxLine) return
  for (let index = 0; index < lines.length; index++) {
    const length = lines.end(index) - lines.start(index) - 1
    if (length > maxLine) throw tooLong(length, maxLine)
  }
}

const tooLong = (length: number, maxLine: number) =>
  new Failure(
    'output_too_large',
    'permanent',
    `The result is a line of ${length} bytes, but the next stage reads at most ${maxLine}; --max-line sets the limit there too`,
  )
