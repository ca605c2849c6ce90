/**
 * FNV-1a with 64 bits (G. Fowler, L. C. Noll, K.-P. Vo, http://www.isthe.com/chongo/tech/comp/fnv/) of a range of bytes, modulo
 * a whole number from 1 to 2^32. Every program that hashes the same bytes so agrees: it is no guard against chosen keys.
 */
export const fnv1a64Modulo = (bytes: Uint8Array, start: number, end: number, modulo: number): number => {
  hash(bytes, start, end)
  let rest = 0
  for (let limb = 3; limb >= 0; limb--) rest = (rest * 0x10000 + (limbs[limb] as number)) % modulo
  return rest
}

/** The same hash as 16 hexadecimal digits. */
export const fnv1a64Hex = (bytes: Uint8Array, start: number, end: number): string => {
  hash(bytes, start, end)
  return Array.from(limbs, limb => limb.toString(16).padStart(4, '0'))
    .reverse()
    .join('')
}

// The hash made last, 16 bits in each, the lowest first: numbers of JavaScript hold no 64 bits, and a BigInt is 50 times slower.
const limbs = new Int32Array(4)

// Times the prime 2^40 + 0x1b3: each limb times 0x1b3, with what is carried, and the two lower ones moved up by 40 bits.
const hash = (bytes: Uint8Array, start: number, end: number): void => {
  let a = 0x2325
  let b = 0x8422
  let c = 0x9ce4
  let d = 0xcbf2
  for (let at = start; at < end; at++) {
    const low = a ^ (bytes[at] as number)
    const next = b
    const first = low * 0x1b3
    const second = next * 0x1b3 + (first >>> 16)
    const third = c * 0x1b3 + (second >>> 16) + (low << 8)
    a = first & 0xffff
    b = second & 0xffff
    c = third & 0xffff
    d = (d * 0x1b3 + (third >>> 16) + (next << 8)) & 0xffff
  }
  limbs[0] = a
  limbs[1] = b
  limbs[2] = c
  limbs[3] = d
}
