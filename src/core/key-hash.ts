/** Maps a range of bytes to 32 bits; who does not know the random secret cannot make keys collide. */
export type KeyHash = (bytes: Uint8Array, start: number, end: number) => number

/**
 * HalfSipHash-1-3 with a 64-bit secret, as Linux uses it for its tables (`include/linux/siphash.h`; Aumasson and
 * Bernstein, "SipHash: a fast short-input PRF"). FNV-1a is a little faster, but whoever chooses the keys can flood it.
 */
export const createKeyHash = (low = random32(), high = random32()): KeyHash => {
  const secret2 = low ^ 0x6c796765
  const secret3 = high ^ 0x74656462
  return (bytes, start, end) => {
    let v0 = low
    let v1 = high
    let v2 = secret2
    let v3 = secret3
    const whole = end - ((end - start) & 3)
    let at = start
    let left = true
    let word = 0
    while (left) {
      if (at < whole) {
        word =
          (bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24)
        at += 4
      } else {
        // The last word carries the length and what is left over.
        word = (end - start) << 24
        for (let shift = 0; at < end; shift += 8) word |= (bytes[at++] as number) << shift
        left = false
      }
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

const random32 = () => globalThis.crypto.getRandomValues(new Int32Array(1))[0] as number
