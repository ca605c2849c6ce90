import test from 'ava'
import { admit, force, initial, refresh, reset, settle } from '../../../src/core/breaker/breaker.js'
import { load } from '../../../src/core/breaker/load.js'
import type { Breaker } from '../../../src/core/breaker/model.js'
import type { BreakerOptions } from '../../../src/core/breaker/options.js'
import { save } from '../../../src/core/breaker/save.js'
import { nameState } from '../../../src/core/breaker/state.js'
import { judged } from '../../../src/core/breaker/window.js'
import { Failure } from '../../../src/core/failure.js'
import { type AnyEvent, anyEvents, anyOptions } from '../../helpers/breaker-arbitrary.js'
import fc from '../../helpers/fast-check.js'
import { createNaiveBreaker } from '../../helpers/naive-breaker.js'

const start = 1_790_000_000_000
const failure = (retryAfter: number) =>
  new Failure('http_status', 'transient', 'Answered 503', { status: 503, retryAfter })
// Says that it will never work, so that it is not down.
const refusal = new Failure('http_status', 'permanent', 'Answered 404', { status: 404 })
const writer = { host: 'host-a', pid: 1, started: start, version: '1.0.0' }

const createPair = (options: BreakerOptions) => {
  const { window, buckets, minCalls, failRate, consecutive, consecutiveOf, slow, openFor, probes, lease } = options
  const transientOnly = consecutiveOf === 'transient'
  const { first, longest } = openFor
  const naive = createNaiveBreaker(
    { ...window, buckets, minCalls, failRate, consecutive, transientOnly, slow, first, longest, probes, lease },
    start,
  )
  return { naive, breaker: initial(options, start) }
}

const retryAfterOf = (duration: number) => (duration === 400 ? 1500 : 0)

test('breaker agrees with a naive model over any events', t => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(anyOptions, anyEvents, (options, events) => {
      const { naive, breaker } = createPair(options)
      const running: number[] = []
      let now = start
      for (const event of events) {
        if (event.type === 'pass') now += event.ms
        if (event.type === 'admit') {
          const admission = admit(breaker, now)
          if (admission.kind !== naive.admit(now)) throw new Error(`admitted ${admission.kind}`)
          if (admission.kind === 'call' || admission.kind === 'probe') running.push(admission.generation)
        }
        if (event.type === 'settle' && running.length > 0) {
          const [admitted] = running.splice(event.pick % running.length, 1) as [number]
          const retryAfter = retryAfterOf(event.duration)
          settle(
            breaker,
            admitted,
            now,
            event.result,
            event.duration,
            event.result === 'ok' ? undefined : event.result === 'ignored' ? refusal : failure(retryAfter),
          )
          naive.settle(admitted, now, event.result, event.duration, retryAfter)
        }
        if (event.type === 'force') {
          force(breaker, now, event.state, now + event.ms, 'test')
          naive.force(now, event.state, now + event.ms)
        }
        if (event.type === 'reset') {
          reset(breaker, now, 'test')
          naive.reset(now)
        }
        const { machine, counters } = breaker
        const { generation, since, reopened: doubled } = machine
        const state = nameState(machine)
        seen.set(state, (seen.get(state) ?? 0) + 1)
        const { ok, fail, late } = counters
        const ours = JSON.stringify({ state, generation, since, doubled, counters: { ok, fail, late } })
        const theirs = JSON.stringify(naive.look())
        if (ours !== theirs) throw new Error(`${ours} is not ${theirs}`)
        if (machine.state !== 'closed') continue
        const { calls, failed } = judged(breaker.window)
        const figures = naive.figures()
        if (calls !== figures.calls || failed !== figures.failed)
          throw new Error(`${failed} of ${calls}, not ${figures.failed} of ${figures.calls}`)
      }
    }),
    { numRuns: 2000 },
  )
  t.deepEqual([...seen.keys()].sort(), ['closed', 'forced_closed', 'forced_open', 'half_open', 'open'])
})

const play = (options: BreakerOptions, events: readonly AnyEvent[], reloadAt: (index: number) => boolean) => {
  let breaker: Breaker = initial(options, start)
  let now = start
  const running: number[] = []
  const story: unknown[] = []
  events.forEach((event, index) => {
    // Loading lets time act first, so both sides do.
    story.push(...refresh(breaker, now))
    if (reloadAt(index)) {
      const loaded = load(save(breaker, writer, now), options, now)
      if (loaded.warnings.length > 0 || loaded.status !== 'loaded') throw new Error(loaded.warnings.join())
      breaker = loaded.breaker
    }
    if (event.type === 'pass') now += event.ms
    if (event.type === 'admit') {
      const admission = admit(breaker, now)
      story.push(admission)
      if (admission.kind === 'call' || admission.kind === 'probe') running.push(admission.generation)
    }
    if (event.type === 'settle' && running.length > 0) {
      const [admitted] = running.splice(event.pick % running.length, 1) as [number]
      const error = event.result === 'ok' ? undefined : failure(retryAfterOf(event.duration))
      story.push(...settle(breaker, admitted, now, event.result, event.duration, error))
    }
    if (event.type === 'force') story.push(...force(breaker, now, event.state, now + event.ms, 'test'))
    if (event.type === 'reset') story.push(...reset(breaker, now, 'test'))
  })
  const { rev: _, writer: __, updated: ___, ...rest } = JSON.parse(save(breaker, writer, now))
  return JSON.stringify({ story, rest })
}

test('saving and loading at any point changes nothing', t => {
  fc.assert(
    fc.property(anyOptions, anyEvents, fc.integer({ min: 1, max: 7 }), (options, events, every) => {
      const whole = play(options, events, () => false)
      const reloaded = play(options, events, index => index % every === 0)
      return whole === reloaded
    }),
    { numRuns: 1000 },
  )
  t.pass()
})
