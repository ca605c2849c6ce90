import { createScanner, type Scanner } from './scan.js'
import { skipCharacter } from './scan-string.js'

/**
 * Says why a line that a scanner refused is not one JSON value, without quoting any of it. `column` is the first wrong
 * byte, counted in bytes from 1; when the line ends too early it is the one just past the last byte.
 */
export const describeError = (bytes: Buffer, start: number, end: number): { column: number; message: string } => {
  scanner ??= createScanner()
  if (scanner.scan(bytes, start, end)) throw new Error('The line is a JSON value')
  const at = start + scanner.errorOffset
  const broken = (bytes[at] as number) >= 0x80 && skipCharacter(bytes, at) < 0
  return { column: scanner.errorOffset + 1, message: broken ? 'Invalid UTF-8' : scanner.errorMessage }
}

let scanner: Scanner | undefined
