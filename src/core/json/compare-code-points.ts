/** Orders texts by their code points, as their UTF-8 bytes are ordered; `<` goes by UTF-16, in which U+FFFF comes after U+10000. */
export const compareCodePoints = (one: string, other: string): number => {
  const length = Math.min(one.length, other.length)
  for (let at = 0; at < length; at++) {
    const [a, b] = [one.charCodeAt(at), other.charCodeAt(at)]
    if (a !== b) return weigh(one, at, a) - weigh(other, at, b)
  }
  return one.length - other.length
}

// Half of a pair stands for a code point above all those of one unit; alone it is one of them.
const weigh = (text: string, at: number, unit: number): number => {
  if (unit < 0xd800 || unit > 0xdfff) return unit
  const paired = unit < 0xdc00 ? isBetween(text.charCodeAt(at + 1), 0xdc00) : isBetween(text.charCodeAt(at - 1), 0xd800)
  return paired ? unit + 0x10000 : unit
}

const isBetween = (unit: number, first: number): boolean => unit >= first && unit < first + 0x400
