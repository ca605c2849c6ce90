import { createGcra, createLimit, idle } from '../../src/core/rules/gcra.js'
import type { Row, Setting } from '../row.js'

const decisions = 2_000_000

/** What a GCRA decision costs, and the same loop without one. */
export const describeRows = (_: Setting): readonly Row[] => {
  const names = Object.keys(subjects)
  const [bare = '', ...others] = names
  for (const run of [...Object.values(subjects), ...Object.values(subjects)]) run()
  return [
    {
      title: `GCRA: a decision, ${decisions} of them`,
      unit: 'ns',
      rounds: [15, 5],
      contenders: [...others, bare].map(name => ({ name, run: () => measure(subjects[name] as () => number) })),
      targets: others.map(name => ({
        what: `${name}, over the bare loop`,
        figure: median => median(name) - median(bare),
        atMost: 50,
      })),
    },
  ]
}

const measure = (run: () => number): number => {
  const start = performance.now()
  if (Number.isNaN(run())) throw new Error('The sum of all waits is no number')
  return ((performance.now() - start) * 1e6) / decisions
}

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
