/** What a scanner found on its way besides the answer. */
export type Findings = {
  /** Escapes in strings so far. */
  escapes: number
  /** Where the first wrong byte is, and what is wrong with it. */
  errorAt: number
  message: string
}

/**
 * Reads a JSON string from its first byte after the opening quote, in two parts. This one gives the offset of the first byte that
 * is no plain character of it. `view` is `viewOf(bytes)`, `last` the last offset where four bytes can be read. A newline must
 * follow somewhere: it ends the loop, so there are no other bounds to check.
 */
export const skipPlain = (view: DataView, start: number, last: number): number => {
  let at = start
  for (; at <= last; at = (at + 4) | 0) {
    const word = view.getInt32(at, true)
    // Sets the top bit of each byte that is a quote or a control character, a backslash, or not ASCII: one term for
    // each. A borrow may set bits above such a byte too, so only the lowest counts.
    const special = (((word ^ 0x02020202) - 0x21212121) | ((word ^ 0x5c5c5c5c) - 0x01010101) | word) & 0x80808080
    if (special === 0) continue
    // Branches: the processor guesses the way and goes on, whereas it would have to wait for a count of the zero bits.
    if ((special & 0x80) !== 0) return at
    if ((special & 0x8000) !== 0) return at + 1
    return (special & 0x800000) !== 0 ? at + 2 : at + 3
  }
  return at
}

/** The second part, when that byte is no quote: gives the offset of the closing quote, or -1 and the reason in `findings`. */
export const skipRest = (bytes: Buffer, view: DataView, start: number, last: number, findings: Findings): number => {
  let at = start
  for (;;) {
    at = skipSpecial(bytes, at, findings)
    if (at < 0) return at
    at = skipPlain(view, at, last)
    if (bytes[at] === 0x22) return at
  }
}

const skipSpecial = (bytes: Buffer, at: number, findings: Findings): number => {
  const byte = bytes[at] as number
  if (byte === 0x5c) {
    findings.escapes++
    const next = skipEscape(bytes, at + 1)
    return next < 0 ? fail(findings, ~next, 'Invalid escape in a string') : next
  }
  if (byte < 0x20) return fail(findings, at, 'Control character in a string')
  if (byte < 0x80) return at + 1 // Only within the last bytes of the buffer.
  // Such characters come in runs.
  let next = at
  do {
    const character = next
    next = skipCharacter(bytes, character)
    if (next < 0) return fail(findings, character, 'Invalid UTF-8')
  } while ((bytes[next] as number) >= 0x80)
  return next
}

const fail = (findings: Findings, at: number, message: string): -1 => {
  findings.errorAt = at
  findings.message = message
  return -1
}

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

/** Gives the offset after a character of two to four bytes, or -1 when it is not well-formed: RFC 3629, section 4. */
export const skipCharacter = (bytes: Buffer, at: number): number => {
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
