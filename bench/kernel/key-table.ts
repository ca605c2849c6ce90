// What finding a key costs in the table of bytes, beside Maps of latin1 strings, in nanoseconds: medians of interleaved rounds.
import { createKeyTable } from '../../src/core/tables/key-table.js'

const looks = 1_000_000
const rounds = 7

// The types leave out the fastest way to a string.
type Bytes = Buffer & { latin1Slice(start?: number, end?: number): string }
type Subject = (bytes: Bytes, ends: Int32Array) => number
const subjects = (max: number): Record<string, Subject> => {
  const table = createKeyTable({ max })
  const plain = new Map<string, number>()
  const ordered = new Map<string, number>()
  return {
    'bare loop': (bytes, ends) => {
      let sum = 0
      for (let index = 0; index < looks; index++) sum += bytes[(ends[index] as number) + 2] as number
      return sum
    },
    'key table, least recently used leaves': (bytes, ends) => {
      let sum = 0
      for (let index = 0; index < looks; index++) {
        const slot = table.use(bytes, ends[index] as number, ends[index + 1] as number)
        sum += slot < 0 ? ~slot : slot
      }
      return sum
    },
    'Map of strings, never leaving': (bytes, ends) => {
      let sum = 0
      for (let index = 0; index < looks; index++) {
        const key = bytes.latin1Slice(ends[index], ends[index + 1])
        const slot = plain.get(key)
        if (slot === undefined) plain.set(key, plain.size)
        else sum += slot
      }
      return sum
    },
    'Map of strings, least recently used leaves': (bytes, ends) => {
      let sum = 0
      for (let index = 0; index < looks; index++) {
        const key = bytes.latin1Slice(ends[index], ends[index + 1])
        const slot = ordered.get(key)
        if (slot !== undefined) ordered.delete(key)
        ordered.set(key, slot ?? ordered.size)
        if (ordered.size > max) for (const oldest of ordered.keys()) if (ordered.delete(oldest)) break
        sum += slot ?? 0
      }
      return sum
    },
  }
}

/** Keys of 11 bytes, `user-012345`, in an order that repeats nothing nearby. */
const keysInRandomOrder = (distinct: number) => {
  const bytes = Buffer.alloc(looks * 11) as unknown as Bytes
  const ends = new Int32Array(looks + 1)
  let state = 1
  for (let index = 0; index < looks; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    bytes.write(`user-${String((state >>> 1) % distinct).padStart(6, '0')}`, index * 11, 'latin1')
    ends[index + 1] = (index + 1) * 11
  }
  return { bytes, ends }
}

let sum = 0
for (const distinct of [10_000, 600_000]) {
  const { bytes, ends } = keysInRandomOrder(distinct)
  const runs = subjects(distinct)
  const times = new Map<string, number[]>()
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const start = performance.now()
      sum += run(bytes, ends)
      const each = ((performance.now() - start) * 1e6) / looks
      if (round >= 0) times.set(name, [...(times.get(name) ?? []), each])
    }
  }
  console.log(`${distinct} keys`)
  for (const [name, list] of times) {
    const median = list.sort((a, b) => a - b)[Math.floor(list.length / 2)] as number
    console.log(`${median.toFixed(1).padStart(8)} ns  ${name}`)
  }
}
if (Number.isNaN(sum)) process.exitCode = 1
