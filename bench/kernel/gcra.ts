// What a GCRA decision costs over a bare loop, in nanoseconds: medians of interleaved rounds.
import { createGcra, createLimit, idle } from '../../src/core/gcra.js'

const decisions = 2_000_000
const rounds = 15

const subjects: Record<string, () => number> = {
  'bare loop': () => {
    let sum = 0
    for (let index = 0; index < decisions; index++) sum += index * 0.001
    return sum
  },
  'take, half of them wait': () => {
    let sum = 0
    const gcra = createGcra(createLimit(500_000, 1000))
    for (let index = 0; index < decisions; index++) sum += gcra.take(index * 0.001)
    return sum
  },
  'take, a cost each': () => {
    let sum = 0
    const gcra = createGcra(createLimit(1e9, 1000, 100))
    for (let index = 0; index < decisions; index++) sum += gcra.take(index * 0.001, index & 1023)
    return sum
  },
  'wait and charge, 1024 keys': () => {
    let sum = 0
    const limit = createLimit(500, 1000)
    const arrivals = new Float64Array(1024).fill(idle)
    for (let index = 0; index < decisions; index++) {
      const slot = (index * 7) & 1023
      const arrival = arrivals[slot] as number
      const wait = limit.wait(arrival, index * 0.001)
      if (wait === 0) arrivals[slot] = limit.charge(arrival, index * 0.001)
      sum += wait
    }
    return sum
  },
}

let sum = 0
const times = new Map<string, number[]>()
for (let round = -2; round < rounds; round++) {
  for (const [name, run] of Object.entries(subjects)) {
    const start = performance.now()
    sum += run()
    const each = ((performance.now() - start) * 1e6) / decisions
    if (round >= 0) times.set(name, [...(times.get(name) ?? []), each])
  }
}
for (const [name, list] of times) {
  const median = list.sort((a, b) => a - b)[Math.floor(list.length / 2)] as number
  console.log(`${median.toFixed(1).padStart(6)} ns  ${name}`)
}
if (Number.isNaN(sum)) process.exitCode = 1
