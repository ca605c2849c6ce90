import { viewOf } from '../json/view-of.js'

/** Maps a range of bytes to 32 bits; who does not know the random secret cannot make keys collide. */
export type KeyHash = (bytes: Uint8Array, start: number, end: number) => number

/**
 * HalfSipHash-1-3 with a 64-bit secret, as Linux uses it for its tables (`include/linux/siphash.h`; Aumasson and
 * Bernstein, "SipHash: a fast short-input PRF"). FNV-1a is a little faster, but an attacker who chooses the keys can flood it.
 */
export const createKeyHash = (low = random32(), high = random32()): KeyHash => {
  const secret2 = low ^ 0x6c796765
  const secret3 = high ^ 0x74656462
  return (bytes, start, end) => {
    let v0 = low
    let v1 = high
    let v2 = secret2
    let v3 = secret3
    const view = viewOf(bytes)
    const whole = end - ((end - start) & 3)
    for (let at = start; at <= whole; at += 4) {
      const word = at < whole ? view.getInt32(at, true) : lastWord(bytes, view, start, end)
      v3 ^= word
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      v0 ^= word
    }
    v2 ^= 0xff
    for (let round = 0; round < 3; round++) {
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
    }
    return v1 ^ v3
  }
}

// The length and what is left over of the bytes.
const lastWord = (bytes: Uint8Array, view: DataView, start: number, end: number): number => {
  const left = (end - start) & 3
  let word = (end - start) << 24
  // The four bytes before the end are read at once, what is too early is shifted out.
  if (end >= 4) return left === 0 ? word : word | (view.getInt32(end - 4, true) >>> (32 - 8 * left))
  for (let at = end - left; at < end; at++) word |= (bytes[at] as number) << (8 * (at - end + left))
  return word
}

const random32 = () => globalThis.crypto.getRandomValues(new Int32Array(1))[0] as number
