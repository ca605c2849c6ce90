/**
 * Reads a JSON number that begins with a minus or a digit; returns the offset after it, or the complement (`~`) of where
 * a digit is missing. Some byte that cannot be in a number must follow.
 */
export const skipNumber = (bytes: Buffer, start: number): number => {
  let at = start
  let byte = bytes[at] as number
  if (byte === 0x2d) byte = bytes[++at] as number
  if (byte === 0x30) byte = bytes[++at] as number
  else {
    if ((byte ^ 0x30) > 9) return ~at
    do byte = bytes[++at] as number
    while ((byte ^ 0x30) <= 9)
  }
  if (byte === 0x2e) {
    byte = bytes[++at] as number
    if ((byte ^ 0x30) > 9) return ~at
    do byte = bytes[++at] as number
    while ((byte ^ 0x30) <= 9)
  }
  return byte === 0x65 || byte === 0x45 ? skipExponent(bytes, at) : at
}

const skipExponent = (bytes: Buffer, start: number): number => {
  let at = start + 1
  let byte = bytes[at] as number
  if (byte === 0x2b || byte === 0x2d) byte = bytes[++at] as number
  if ((byte ^ 0x30) > 9) return ~at
  do byte = bytes[++at] as number
  while ((byte ^ 0x30) <= 9)
  return at
}

/** The same for `true`, `false` and `null`: the offset after it, or the complement of the first byte that is wrong. */
export const skipLiteral = (bytes: Buffer, view: DataView, start: number, last: number): number => {
  const word = start <= last ? view.getInt32(start, true) : 0
  if (word === wordTrue || word === wordNull) return start + 4
  if (word === wordFals && bytes[start + 4] === 0x65) return start + 5
  return skipLiteralSlowly(bytes, start)
}
const wordTrue = 0x65757274
const wordNull = 0x6c6c756e
const wordFals = 0x736c6166

const skipLiteralSlowly = (bytes: Buffer, start: number): number => {
  const first = bytes[start]
  const literal = first === 0x74 ? yes : first === 0x66 ? no : first === 0x6e ? nothing : undefined
  if (literal === undefined) return ~start
  for (let at = 1; at < literal.length; at++) if (bytes[start + at] !== literal[at]) return ~(start + at)
  return start + literal.length
}

const yes = Buffer.from('true')
const no = Buffer.from('false')
const nothing = Buffer.from('null')
