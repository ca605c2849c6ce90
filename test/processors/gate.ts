import test from 'ava'
import { createFakeClock } from '../../src/core/clock.js'
import { Lines } from '../../src/core/lines.js'
import type { Context, Stop } from '../../src/core/processor.js'
import { createGate, type GateOptions } from '../../src/processors/gate.js'

// Times are told as they are here.
process.env.TZ = 'UTC'

/** A gate on a fake clock; `healthy` says what the next checks find. */
const createHarness = (options: Partial<GateOptions> = {}) => {
  const clock = createFakeClock()
  const cut = new AbortController()
  const state = { healthy: true, checks: 0 }
  const emitted: string[] = []
  const rejected: string[] = []
  const told: string[] = []
  let stopped: Stop | undefined
  let givenBack = 0
  const context: Context = {
    emit: lines => void emitted.push(lines.view().toString().trim()),
    reject: (line, failure) => void rejected.push(`${line.number} ${failure.kind} ${failure.failureClass}`),
    filter() {},
    giveBack: lines => {
      givenBack += lines.length
    },
    stop: reason => {
      stopped = reason
      cut.abort()
    },
    event() {},
    clock,
    stopping: cut.signal,
    killing: new AbortController().signal,
  }
  const gate = createGate(
    {
      check: async () => {
        state.checks++
        return state.healthy ? undefined : 'it is down'
      },
      interval: 1000,
      rise: 2,
      fall: 3,
      onUnhealthy: 'pause',
      maxWait: 60_000,
      tell: message => told.push(message),
      ...options,
    },
    context,
  )
  const watch = (promise: void | Promise<void>) => {
    const seen = { settled: promise === undefined }
    promise?.then(() => {
      seen.settled = true
    })
    return seen
  }
  return {
    clock,
    state,
    emitted,
    rejected,
    told,
    gate,
    watch,
    push: (text: string, number = 1) => watch(gate.push(Lines.of(Buffer.from(`${text}\n`), number))),
    stopped: () => stopped,
    givenBack: () => givenBack,
  }
}

test('the first check applies at once: if healthy, reading starts', async t => {
  const { clock, gate, watch, state } = createHarness()
  const started = watch(gate.start?.())
  await clock.advance(0)
  t.true(started.settled)
  t.is(state.checks, 1)
})

test('after a bad check nothing is read until the checks were good `rise` times in a row', async t => {
  const { clock, gate, watch, state } = createHarness()
  state.healthy = false
  const started = watch(gate.start?.())
  await clock.advance(0)
  state.healthy = true
  await clock.advance(1999)
  t.false(started.settled)
  t.is(state.checks, 2)
  await clock.advance(1)
  t.true(started.settled)
})

test('a gate that was about to open says how far it was', async t => {
  const { clock, gate, state, stopped } = createHarness({ rise: 5, maxWait: 3500 })
  state.healthy = false
  gate.start?.()
  await clock.advance(0)
  state.healthy = true
  await clock.advance(3500)
  t.is(
    stopped()?.message,
    'Nothing read: the last 3 checks were good, but --rise requires 5 in a row; before that: it is down; not healthy within --max-wait; try again later',
  )
})

test('a gate that never opens ends the run with 75 after --max-wait', async t => {
  const { clock, gate, watch, state, stopped } = createHarness({ maxWait: 10_000 })
  state.healthy = false
  const started = watch(gate.start?.())
  await clock.advance(9_999)
  t.false(started.settled)
  t.is(stopped(), undefined)
  await clock.advance(1)
  t.true(started.settled)
  t.deepEqual(stopped(), {
    exit: 75,
    message:
      'Nothing read: it is down, asked 10 times since 00:00:00 +00:00; not healthy within --max-wait; try again later',
  })
})

test('records pass while healthy and are given back while not, then come again', async t => {
  const { clock, gate, push, state, emitted, givenBack, told } = createHarness()
  gate.start?.()
  await clock.advance(1000)
  t.true(push('1').settled)
  state.healthy = false
  await clock.advance(2000)
  t.true(push('2').settled, 'two bad checks of three leave it open')
  await clock.advance(1000)
  const held = push('3')
  t.false(held.settled)
  t.is(givenBack(), 1)
  state.healthy = true
  await clock.advance(1000)
  t.false(held.settled)
  await clock.advance(1000)
  t.true(held.settled)
  t.true(push('3').settled)
  t.deepEqual(emitted, ['1', '2', '3'])
  t.deepEqual(told, [
    'Unhealthy: it is down; not reading until it is healthy again',
    'Healthy again: reading continues',
  ])
})

test('each pause has the whole --max-wait for itself', async t => {
  const { clock, gate, push, state, stopped } = createHarness({ maxWait: 5000, fall: 1, rise: 1 })
  gate.start?.()
  await clock.advance(0)
  for (const _ of [1, 2, 3]) {
    state.healthy = false
    await clock.advance(1000)
    const held = push('x')
    state.healthy = true
    await clock.advance(3000)
    t.true(held.settled)
  }
  t.is(stopped(), undefined)
  state.healthy = false
  await clock.advance(1000)
  push('x')
  await clock.advance(5000)
  t.is(stopped()?.exit, 75)
})

test('fail ends the run at the verdict', async t => {
  const { clock, gate, state, stopped } = createHarness({ onUnhealthy: 'fail' })
  state.healthy = false
  gate.start?.()
  await clock.advance(0)
  t.deepEqual(stopped(), { exit: 75, message: 'Unhealthy: it is down; try again later' })
})

test('reject fails records as gate_closed, which is transient', async t => {
  const { clock, gate, push, state, rejected, emitted } = createHarness({ onUnhealthy: 'reject' })
  state.healthy = false
  gate.start?.()
  await clock.advance(2000)
  t.true(push('1', 7).settled)
  state.healthy = true
  await clock.advance(2000)
  push('2')
  t.deepEqual(rejected, ['7 gate_closed transient'])
  t.deepEqual(emitted, ['2'])
})

test('the end of the run leaves no timer behind', async t => {
  const { clock, gate } = createHarness()
  gate.start?.()
  await clock.advance(1000)
  await gate.end?.()
  t.is(clock.waiting, 0)
})
