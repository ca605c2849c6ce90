/**
 * A key's text as part of a file name: everything but `[A-Za-z0-9_-.]` is percent-encoded, a leading dot as well, so no key
 * leaves its folder. An empty one is `%`. More than 200 bytes become the first 150, `~` and `hash`, 16 hexadecimal digits.
 */
export const encodeKey = (text: string, hash: () => string): string => {
  if (text === '') return '%'
  const name = isPlain.test(text) ? text : encodeBytes(Buffer.from(text))
  return name.length <= longest ? name : `${name.slice(0, kept)}~${hash()}`
}

const longest = 200
const kept = 150
const isPlain = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/

const encodeBytes = (bytes: Buffer): string => {
  let name = ''
  for (const [index, byte] of bytes.entries()) {
    const character = String.fromCharCode(byte)
    const stays = index === 0 ? /[A-Za-z0-9_-]/ : /[A-Za-z0-9_.-]/
    name += stays.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return name
}
