import test from 'ava'
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  CountBreaker,
  circuitBreaker,
  handleAll,
  type IBreaker,
  SamplingBreaker,
} from 'cockatiel'
import CircuitBreaker from 'opossum'
import { admit, initial, settle } from '../../../src/core/breaker/breaker.js'
import { type BreakerOptions, createBreakerOptions } from '../../../src/core/breaker/options.js'
import fc from '../../helpers/fast-check.js'

const start = 1_790_000_000_000
const pause = 1000

// cockatiel asks Date.now: it gets the time of the test.
let now = start
const realNow = Date.now
test.before(() => {
  Date.now = () => now
})
test.after.always(() => {
  Date.now = realNow
})

const create = (given: Partial<BreakerOptions>) =>
  initial(
    createBreakerOptions({
      probes: 1,
      openFor: { first: pause, longest: pause, jitter: 0 },
      ...given,
      ...(given.consecutive === undefined ? { consecutive: undefined } : { failRate: undefined }),
    }),
    start,
  )

/** Whether each of the calls, one after the other with pauses before, was let through. */
const admittedBy = (given: Partial<BreakerOptions>, calls: readonly Call[]): boolean[] => {
  const breaker = create(given)
  now = start
  return calls.map(({ wait, fails }) => {
    now += wait
    const admission = admit(breaker, now)
    if (admission.kind !== 'call' && admission.kind !== 'probe') return false
    settle(breaker, admission.generation, now, fails ? 'failure' : 'ok')
    return true
  })
}

const admittedByCockatiel = async (breaker: IBreaker, calls: readonly Call[]): Promise<boolean[]> => {
  const policy = circuitBreaker(handleAll, { halfOpenAfter: pause, breaker })
  now = start
  const admitted: boolean[] = []
  for (const { wait, fails } of calls) {
    now += wait
    const error = await policy
      .execute(() => {
        if (fails) throw new Error('down')
      })
      .catch(error => error)
    admitted.push(!(error instanceof BrokenCircuitError))
  }
  return admitted
}

type Call = { wait: number; fails: boolean }
const anyCalls = fc.array(fc.record({ wait: fc.constantFrom(0, 0, 0, 1, 500, 1000), fails: fc.boolean() }), {
  minLength: 20,
  maxLength: 80,
})
const mostlyFailing = fc.array(
  fc.integer({ min: 0, max: 3 }).map(number => number > 0),
  {
    minLength: 20,
    maxLength: 60,
  },
)
const oks = (count: number): Call[] => Array.from({ length: count }, () => ({ wait: 0, fails: false }))
const equal = (ours: boolean[], theirs: boolean[]) => JSON.stringify(ours) === JSON.stringify(theirs)

test.serial('lets the same calls through as cockatiel, failures in a row', async t => {
  let refused = 0
  await fc.assert(
    fc.asyncProperty(anyCalls, fc.integer({ min: 1, max: 5 }), async (calls, consecutive) => {
      const ours = admittedBy({ consecutive, window: { count: 100, time: undefined } }, calls)
      refused += ours.filter(admitted => !admitted).length
      return equal(ours, await admittedByCockatiel(new ConsecutiveBreaker(consecutive), calls))
    }),
    { numRuns: 300 },
  )
  t.true(refused > 100)
})

// cockatiel opens above its threshold, this breaker at it: 0.499 and 0.5 mean the same for up to 100 calls. It judges at
// failures only, so the least number of calls is reached by successes here.
test.serial('lets the same calls through as cockatiel, the last 20 calls', async t => {
  let refused = 0
  await fc.assert(
    fc.asyncProperty(mostlyFailing, fc.constantFrom(1, 300), async (random, wait) => {
      const calls = [...oks(20), ...random.map(fails => ({ wait, fails }))]
      const window = { count: 20, time: undefined }
      const ours = admittedBy({ window, failRate: 0.5, minCalls: 20 }, calls)
      const theirs = await admittedByCockatiel(new CountBreaker({ size: 20, threshold: 0.499 }), calls)
      // After closing its window fills anew: up to there, and to the end of the first pause and its probe.
      const opened = ours.indexOf(false)
      const end = opened < 0 ? calls.length : opened + 1 + ours.slice(opened).indexOf(true)
      refused += opened < 0 ? 0 : 1
      return equal(ours.slice(0, end), theirs.slice(0, end))
    }),
    { numRuns: 300 },
  )
  t.true(refused > 10)
})

test.serial('opens at the same call as cockatiel, sampled over a time in which nothing ages', async t => {
  let refused = 0
  await fc.assert(
    fc.asyncProperty(mostlyFailing, async random => {
      const calls = [...oks(10), ...random.map(fails => ({ wait: 1, fails }))]
      const ours = admittedBy({ window: { count: undefined, time: 60_000 }, failRate: 0.5, minCalls: 1 }, calls)
      const sampling = new SamplingBreaker({ threshold: 0.499, duration: 60_000, minimumRps: 1 / 60 })
      refused += ours.includes(false) ? 1 : 0
      return equal(ours, await admittedByCockatiel(sampling, calls))
    }),
    { numRuns: 200 },
  )
  t.true(refused > 10)
})

test.serial('opens at the same call as opossum', async t => {
  let refused = 0
  await fc.assert(
    fc.asyncProperty(mostlyFailing, fc.integer({ min: 1, max: 10 }), async (random, least) => {
      const calls = [...oks(least), ...random.map(fails => ({ wait: 0, fails }))]
      const ours = admittedBy({ window: { count: undefined, time: 60_000 }, failRate: 0.5, minCalls: least }, calls)
      const breaker = new CircuitBreaker(
        async (fails: boolean) => {
          if (fails) throw new Error('down')
        },
        { timeout: false, errorThresholdPercentage: 49.9, volumeThreshold: least, resetTimeout: 3_600_000 },
      )
      const theirs: boolean[] = []
      for (const { fails } of calls) {
        const error = await breaker.fire(fails).catch(error => error)
        theirs.push(error?.code !== 'EOPENBREAKER')
      }
      breaker.shutdown()
      refused += ours.includes(false) ? 1 : 0
      return equal(ours, theirs)
    }),
    { numRuns: 100 },
  )
  t.true(refused > 10)
})
