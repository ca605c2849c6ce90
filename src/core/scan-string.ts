/** What a scanner found on its way besides the answer. */
export type Findings = {
  /** Escapes in strings so far. */
  escapes: number
  /** Where the first wrong byte is, and what is wrong with it. */
  errorAt: number
  message: string
}

/**
 * Reads a JSON string from its first byte after the opening quote; gives the offset of the closing quote, or -1 and
 * the reason in `findings`. A newline must follow before `end`: it ends every loop, so there are no bounds to check.
 */
export const skipString = (bytes: Buffer, start: number, end: number, findings: Findings): number => {
  let at = start
  // Most strings are shorter than it takes to set up the fast loop.
  const near = at + 24
  for (;;) {
    let kind = kinds[bytes[at] as number] as number
    while (kind === 0) {
      kind = kinds[bytes[++at] as number] as number
      if (at === near) {
        at = skipPlain(bytes, at, end)
        kind = kinds[bytes[at] as number] as number
      }
    }
    if (kind === quote) return at
    if (kind === backslash) {
      findings.escapes++
      at = skipEscape(bytes, at + 1)
      if (at < 0) return fail(findings, ~at, 'Wrong escape in a string')
    } else if (kind === high) {
      const next = skipCharacter(bytes, at)
      if (next < 0) return fail(findings, at, 'Invalid UTF-8')
      at = next
    } else return fail(findings, at, 'Control character in a string')
  }
}

const fail = (findings: Findings, at: number, message: string): -1 => {
  findings.errorAt = at
  findings.message = message
  return -1
}

const quote = 1
const backslash = 2
const control = 3
const high = 4
const kinds = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 0x22 ? quote : byte === 0x5c ? backslash : byte < 0x20 ? control : byte >= 0x80 ? high : 0,
)

// Four bytes in one step: in each byte of a term the top bit is set when it is a quote, a backslash or a control
// character; a borrow can only add bits above such a byte. A set top bit of the word itself is a byte outside ASCII.
const skipPlain = (bytes: Buffer, start: number, end: number): number => {
  if (bytes !== viewed) {
    viewed = bytes
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  let at = start
  for (const last = end - 4; at <= last; at += 4) {
    const word = view.getInt32(at, true)
    const special =
      ((word ^ 0x22222222) - 0x01010101) | ((word ^ 0x5c5c5c5c) - 0x01010101) | (word - 0x20202020) | word
    if ((special & 0x80808080) !== 0) break
  }
  return at
}

// The buffer seen last: a view per string would cost more than it gains.
let viewed = Buffer.alloc(0)
let view = new DataView(new ArrayBuffer(0))

// Gives the offset after the escape whose backslash is before `at`, or the complement of where it is wrong.
const skipEscape = (bytes: Buffer, at: number): number => {
  const letter = bytes[at] as number
  if (letter !== 0x75) return escapable[letter] === 1 ? at + 1 : ~at
  for (let digit = at + 1; digit <= at + 4; digit++) if (hexadecimal[bytes[digit] as number] === 0) return ~digit
  return at + 5
}

const listed = (characters: string) =>
  Uint8Array.from({ length: 256 }, (_, byte) => (characters.includes(String.fromCharCode(byte)) ? 1 : 0))
const escapable = listed('"\\/bfnrt')
const hexadecimal = listed('0123456789abcdefABCDEF')

// Gives the offset after a character of two to four bytes, or -1 when it is not well-formed: RFC 3629, section 4.
const skipCharacter = (bytes: Buffer, at: number): number => {
  const first = bytes[at] as number
  const second = bytes[at + 1] as number
  if (first < 0xe0) return first >= 0xc2 && continues(second) ? at + 2 : -1
  if (!continues(second) || !continues(bytes[at + 2] as number)) return -1
  if (first < 0xf0) {
    if (first === 0xe0 ? second < 0xa0 : first === 0xed && second >= 0xa0) return -1
    return at + 3
  }
  if (first === 0xf0 ? second < 0x90 : first > 0xf4 || (first === 0xf4 && second >= 0x90)) return -1
  return continues(bytes[at + 3] as number) ? at + 4 : -1
}

const continues = (byte: number): boolean => (byte & 0xc0) === 0x80
