/** A number from 0 up to 1, the same ones for the same seed. */
export type Chance = () => number

/** Mulberry32. */
export const createChance = (seed: number): Chance => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from `from` to `to`. */
export const whole = (chance: Chance, from: number, to: number): number =>
  from + Math.floor(chance() * (Math.max(from, Math.floor(to)) - from + 1))

export const pick = <T>(chance: Chance, all: readonly T[]): T => all[whole(chance, 0, all.length - 1)] as T

/** One to three places of a file spoilt: bytes changed, a part of NULs or of anything, a part lost, the end cut off. */
export const damage = (bytes: Buffer, chance: Chance): Buffer => {
  let spoilt = Buffer.from(bytes)
  for (let left = whole(chance, 1, 3); left > 0; left--) spoilt = Buffer.from(pick(chance, ways)(spoilt, chance))
  return spoilt
}

type Way = (bytes: Buffer, chance: Chance) => Buffer

const range = (bytes: Buffer, chance: Chance): readonly [number, number] => {
  const start = whole(chance, 0, bytes.length - 1)
  return [start, Math.min(bytes.length, start + whole(chance, 1, chance() < 0.5 ? 8 : 900))]
}

const ways: readonly Way[] = [
  (bytes, chance) => {
    const at = whole(chance, 0, bytes.length - 1)
    bytes[at] = (bytes[at] as number) ^ (1 << whole(chance, 0, 7))
    return bytes
  },
  (bytes, chance) => bytes.fill(0, ...range(bytes, chance)),
  (bytes, chance) => {
    const [start, end] = range(bytes, chance)
    for (let at = start; at < end; at++) bytes[at] = whole(chance, 0, 255)
    return bytes
  },
  (bytes, chance) => {
    const [start, end] = range(bytes, chance)
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)])
  },
  (bytes, chance) => bytes.subarray(0, whole(chance, 0, bytes.length)),
]
