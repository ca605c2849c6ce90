// What a closed breaker costs around a call that does nothing: the decision alone, and as a wrapper over a bare await,
// beside cockatiel 3.2.1 and opossum 9.0.0 in the same run. Many short interleaved rounds, so that a busy machine spoils
// some of them and not their median.
import {
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  CountBreaker,
  circuitBreaker,
  handleAll,
  SamplingBreaker,
} from 'cockatiel'
import CircuitBreaker from 'opossum'
import { admit, initial, settle } from '../../src/core/breaker/breaker.js'
import { createView, takeDelta } from '../../src/core/breaker/merge.js'
import { type BreakerOptions, createBreakerOptions } from '../../src/core/breaker/options.js'

const rounds = 300
const warmUp = 100
const start = Date.now()
const nothing = async (): Promise<number> => 1

type Candidate = { name: string; calls: number; run: (calls: number) => unknown; times: number[] }

const decision = (name: string, given: Partial<BreakerOptions>, failEvery: number): Candidate => {
  const breaker = initial(createBreakerOptions(given), start)
  let last = start
  return {
    name,
    calls: 10_000,
    times: [],
    run(calls) {
      let now = last
      for (let call = 0; call < calls; call++) {
        if ((call & 7) === 0) now++
        const admission = breaker.pass ?? admit(breaker, now)
        if (admission.kind !== 'call') throw new Error('The breaker opened in the middle of the measurement')
        settle(breaker, admission.generation, now, failEvery > 0 && call % failEvery === 0 ? 'failure' : 'ok', 1)
      }
      last = now
    },
  }
}

const view = (): Candidate => {
  const breaker = createView(initial(createBreakerOptions(), start), start)
  let last = start
  return {
    name: 'decision: view of a shared state, a delta taken every 20 calls',
    calls: 10_000,
    times: [],
    run(calls) {
      let now = last
      for (let call = 0; call < calls; call++) {
        if ((call & 7) === 0) now++
        const admission = breaker.pass ?? admit(breaker, now)
        if (admission.kind === 'call') settle(breaker, admission.generation, now, 'ok')
        if (call % 20 === 0) takeDelta(breaker, start)
      }
      last = now
    },
  }
}

const wrapper = (name: string, wrapped: () => Promise<unknown>): Candidate => ({
  name,
  calls: 3000,
  times: [],
  async run(calls) {
    for (let call = 0; call < calls; call++) await wrapped()
  },
})

const ours = (given: Partial<BreakerOptions> = {}, clock = Date.now) => {
  const breaker = initial(createBreakerOptions(given), start)
  return async () => {
    const admission = breaker.pass ?? admit(breaker, clock())
    if (admission.kind !== 'call') throw new Error('open')
    const result = await nothing()
    // One reading of the clock for each attempt, as a caller shares it.
    settle(breaker, admission.generation, clock(), 'ok')
    return result
  }
}

const cockatiel = (breaker: ConstructorParameters<typeof CircuitBreakerPolicy>[0]['breaker']) => {
  const policy = circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker })
  return () => policy.execute(nothing)
}

const opossum = new CircuitBreaker(nothing, { timeout: false })

const candidates: Candidate[] = [
  decision('decision: 100/60s', {}, 0),
  decision('decision: 100/60s, 1% fail', {}, 100),
  decision('decision: 60s', { window: { count: undefined, time: 60_000 } }, 0),
  decision('decision: 100/60s, --slow 1s', { slow: { limit: 1000, rate: 0.5 } }, 0),
  view(),
  wrapper('bare await', nothing),
  wrapper('an async function around it', async () => await nothing()),
  wrapper('ours: 100/60s', ours()),
  wrapper('ours: 60s', ours({ window: { count: undefined, time: 60_000 } })),
  wrapper(
    'ours: 100/60s, the time is known',
    ours({}, () => start),
  ),
  wrapper('cockatiel ConsecutiveBreaker', cockatiel(new ConsecutiveBreaker(5))),
  wrapper('cockatiel CountBreaker', cockatiel(new CountBreaker({ size: 100, threshold: 0.5 }))),
  wrapper('cockatiel SamplingBreaker', cockatiel(new SamplingBreaker({ threshold: 0.5, duration: 60_000 }))),
  wrapper('opossum', () => opossum.fire()),
]

for (let round = 0; round < warmUp + rounds; round++)
  for (const candidate of candidates) {
    const began = process.hrtime.bigint()
    await candidate.run(candidate.calls)
    if (round >= warmUp) candidate.times.push(Number(process.hrtime.bigint() - began) / candidate.calls)
  }
opossum.shutdown()

const median = (times: readonly number[]) => times.toSorted((one, other) => one - other)[times.length >> 1] as number
const medianOf = (name: string) => median(candidates.find(candidate => candidate.name === name)?.times ?? [])
const bare = medianOf('bare await')
const own = medianOf('ours: 100/60s') - bare
console.log(`node ${process.version}, ${rounds} interleaved rounds, median ns for each call`)
for (const { name, times } of candidates) {
  const ns = median(times)
  const over = name.startsWith('decision')
    ? ''
    : `  over a bare await ${(ns - bare).toFixed(0)}  of ours ${((ns - bare) / own).toFixed(2)}`
  console.log(`${name.padEnd(60)} ${ns.toFixed(1).padStart(8)}${over}`)
}
