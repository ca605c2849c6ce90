import { viewOf } from '../json/view-of.js'

/**
 * Maps ranges of bytes to 128 bits: two HalfSipHash-1-3 of 64 bits each (Aumasson and Bernstein, "SipHash: a fast short-input PRF";
 * `include/linux/siphash.h`), side by side, with four random words as their secrets. Two keys of a billion meet by chance once
 * in 10^20 tables, and who does not know the secret cannot make any meet.
 */
export class WideHash {
  /** The hash made last, as four words. */
  a = 0
  b = 0
  c = 0
  d = 0

  constructor(readonly secret: Int32Array = randomWords()) {}

  hash(bytes: Uint8Array, start: number, end: number): void {
    const { secret } = this
    const low = secret[0] as number
    const high = secret[1] as number
    const low2 = secret[2] as number
    const high2 = secret[3] as number
    const view = viewOf(bytes)
    let v0 = low
    let v1 = high ^ 0xee
    let v2 = low ^ 0x6c796765
    let v3 = high ^ 0x74656462
    let w0 = low2
    let w1 = high2 ^ 0xee
    let w2 = low2 ^ 0x6c796765
    let w3 = high2 ^ 0x74656462
    const whole = end - ((end - start) & 3)
    for (let at = start; at <= whole; at += 4) {
      const word = at < whole ? view.getInt32(at, true) : lastWord(bytes, start, end)
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
      w3 ^= word
      w0 = (w0 + w1) | 0
      w1 = ((w1 << 5) | (w1 >>> 27)) ^ w0
      w0 = (w0 << 16) | (w0 >>> 16)
      w2 = (w2 + w3) | 0
      w3 = ((w3 << 8) | (w3 >>> 24)) ^ w2
      w0 = (w0 + w3) | 0
      w3 = ((w3 << 7) | (w3 >>> 25)) ^ w0
      w2 = (w2 + w1) | 0
      w1 = ((w1 << 13) | (w1 >>> 19)) ^ w2
      w2 = (w2 << 16) | (w2 >>> 16)
      w0 ^= word
    }
    v2 ^= 0xee
    w2 ^= 0xee
    for (let round = 0; round < 6; round++) {
      if (round === 3) {
        this.a = v1 ^ v3
        this.c = w1 ^ w3
        v1 ^= 0xdd
        w1 ^= 0xdd
      }
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
      w0 = (w0 + w1) | 0
      w1 = ((w1 << 5) | (w1 >>> 27)) ^ w0
      w0 = (w0 << 16) | (w0 >>> 16)
      w2 = (w2 + w3) | 0
      w3 = ((w3 << 8) | (w3 >>> 24)) ^ w2
      w0 = (w0 + w3) | 0
      w3 = ((w3 << 7) | (w3 >>> 25)) ^ w0
      w2 = (w2 + w1) | 0
      w1 = ((w1 << 13) | (w1 >>> 19)) ^ w2
      w2 = (w2 << 16) | (w2 >>> 16)
    }
    this.b = v1 ^ v3
    this.d = w1 ^ w3
  }
}

// The length and what is left over of the bytes.
const lastWord = (bytes: Uint8Array, start: number, end: number): number => {
  const left = (end - start) & 3
  let word = (end - start) << 24
  for (let at = 0; at < left; at++) word |= (bytes[end - left + at] as number) << (8 * at)
  return word
}

const randomWords = (): Int32Array => globalThis.crypto.getRandomValues(new Int32Array(4))
