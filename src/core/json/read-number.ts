/**
 * The number that a range of bytes is, exactly as `Number` reads it; undefined when it is not a JSON number. A number too
 * large for a double is infinite, as in JSON.parse.
 */
export const readNumber = (bytes: Buffer, start: number, end: number): number | undefined => {
  const first = bytes[start] as number
  if (start >= end || (first !== 0x2d && (first < 0x30 || first > 0x39))) return undefined
  return readShort(bytes, start, end) ?? readAny(bytes.toString('latin1', start, end))
}

// Up to 15 digits are exact in a double, powers of ten up to 10^22 too, so one multiplication or division rounds once:
// W. D. Clinger, "How to read floating point numbers accurately", 1990. Leaves everything else to `readAny`.
const readShort = (bytes: Buffer, start: number, end: number): number | undefined => {
  const negative = bytes[start] === 0x2d
  const begin = negative ? start + 1 : start
  const length = end - begin
  if (length > 16) return undefined
  let digits = 0
  let point = -1
  for (let at = begin; at < end; at++) {
    const byte = bytes[at] as number
    if (byte >= 0x30 && byte <= 0x39) digits = digits * 10 + byte - 0x30
    else if (byte === 0x2e && point < 0) point = at
    else return undefined
  }
  const whole = point < 0 ? length : point - begin
  const wrong = whole === 0 || point === end - 1 || (bytes[begin] === 0x30 && whole > 1)
  if (wrong || (point < 0 && length > 15)) return undefined
  const value = point < 0 ? digits : digits / (powers[end - point - 1] as number)
  return negative ? -value : value
}

const powers = Float64Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`))

const readAny = (text: string): number | undefined => (jsonNumber.test(text) ? Number(text) : undefined)

/** A whole text that is a number in JSON, RFC 8259, section 6. */
export const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
