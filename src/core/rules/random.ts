/**
 * Random numbers from 0 to below 1, always the same for a seed: sfc32 (C. Doty-Humphrey, PractRand), 32 bits each.
 * The seed is a whole number below 2^53.
 */
export const createRandom = (seed: number): (() => number) => {
  let a = 0
  let b = seed | 0
  let c = Math.floor(seed / 2 ** 32) | 0
  let counter = 1
  const next = () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  // Until the seed is in all of it.
  for (let round = 0; round < 15; round++) next()
  return next
}
