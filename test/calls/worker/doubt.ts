import test from 'ava'
import { createDoubt, firstSilence, silenceAfter } from '../../../src/calls/worker/doubt.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'

const setUp = (isPipelined = false) => {
  const clock = createFakeClock()
  const state = { isWriting: false, resumed: 0 }
  const doubt = createDoubt({
    clock,
    isPipelined,
    isWriting: () => state.isWriting,
    resume: () => {
      state.resumed++
    },
  })
  const verdicts: (string | undefined)[] = []
  const add = (took: number, bytes = 10) => {
    const number = verdicts.push('held') - 1
    const verdict = doubt.add(took, bytes)
    if (verdict === undefined) verdicts[number] = 'at once'
    else void verdict.then(failure => (verdicts[number] = failure?.message))
  }
  return { clock, doubt, state, verdicts, add }
}

/** The first answer has come and counts. */
const begin = async (isPipelined = false) => {
  const all = setUp(isPipelined)
  all.add(5)
  await all.clock.advance(100)
  all.verdicts.pop()
  return all
}

test('the first answer is waited upon for long, and longer when the start was slow', t => {
  t.is(firstSilence(5), 100)
  t.is(firstSilence(2000), 500)
  t.is(firstSilence(60_000), 1000)
})

test('later answers are waited upon for twice the slowest of them, slow ones for a tenth', t => {
  t.is(silenceAfter(0.02, 0.02), 20)
  t.is(silenceAfter(0.02, 15), 30)
  t.is(silenceAfter(50, 50), 100)
  t.is(silenceAfter(1, 5000), 200)
  t.is(silenceAfter(100, 100), 10)
  t.is(silenceAfter(5000, 5000), 20)
})

test('after the first answer nothing is given before it is quiet', async t => {
  const { clock, doubt, state, verdicts, add } = setUp()
  add(5)
  t.true(doubt.isPausing)
  await clock.advance(99)
  t.deepEqual(verdicts, ['held'])
  await clock.advance(1)
  t.deepEqual(verdicts, [undefined])
  t.false(doubt.isPausing)
  t.is(state.resumed, 1)
  t.is(clock.waiting, 0)
})

test('fast answers count together when no line has come for a while', async t => {
  const { clock, doubt, verdicts, add } = await begin()
  add(2)
  await clock.advance(19)
  add(2)
  t.false(doubt.isPausing)
  // The silence of the first was broken by the second.
  await clock.advance(19)
  t.deepEqual(verdicts, ['held', 'held'])
  await clock.advance(1)
  t.deepEqual(verdicts, [undefined, undefined])
  t.is(clock.waiting, 0)
})

test('without a silence of its own a worker is made to pause', async t => {
  const { clock, doubt, state, verdicts, add } = await begin()
  const resumed = state.resumed
  for (let at = 0; at < 200; at += 5) {
    add(2)
    t.false(doubt.isPausing, `at ${at}`)
    await clock.advance(5)
  }
  add(2)
  t.true(doubt.isPausing)
  await clock.advance(19)
  t.true(verdicts.every(verdict => verdict === 'held'))
  await clock.advance(1)
  t.true(verdicts.every(verdict => verdict === undefined))
  t.is(state.resumed, resumed + 1)
})

test('a slow answer among fast ones makes the silence longer', async t => {
  const { clock, verdicts, add } = await begin()
  add(1)
  add(60)
  await clock.advance(119)
  t.deepEqual(verdicts, ['held', 'held'])
  await clock.advance(1)
  t.deepEqual(verdicts, [undefined, undefined])
})

test('many answers, or long ones, make a worker pause', async t => {
  const one = await begin()
  for (let count = 0; count < 128 * 1024; count++) {
    if (one.doubt.isPausing) return t.fail(`after ${count}`)
    one.doubt.add(0, 1)
  }
  t.true(one.doubt.isPausing)
  const other = await begin()
  other.add(0, 2 ** 24)
  t.true(other.doubt.isPausing)
})

test('an answer that has begun is no silence', async t => {
  const { clock, state, verdicts, add } = await begin()
  add(2)
  state.isWriting = true
  await clock.advance(100)
  t.deepEqual(verdicts, ['held'])
  state.isWriting = false
  await clock.advance(40)
  t.deepEqual(verdicts, [undefined])
})

test('each slow answer is waited upon', async t => {
  const { clock, doubt, verdicts, add } = await begin()
  add(100)
  t.true(doubt.isPausing)
  await clock.advance(10)
  t.deepEqual(verdicts, [undefined])
  t.false(doubt.isPausing)
})

test('slow answers of a pipelined worker count at once, fast ones are held', async t => {
  const { clock, doubt, verdicts, add } = await begin(true)
  add(100)
  t.deepEqual(verdicts, ['at once'])
  t.false(doubt.isPausing)
  add(100)
  add(2)
  t.deepEqual(verdicts, ['at once', 'at once', 'held'])
  await clock.advance(200)
  t.deepEqual(verdicts, ['at once', 'at once', undefined])
})

test('all that is held fails together, what comes after starts anew', async t => {
  const { clock, doubt, verdicts, add } = await begin()
  add(2)
  add(2)
  t.is(doubt.held, 2)
  doubt.settle(new Failure('output_parse', 'permanent', 'One too many'))
  add(2)
  await clock.advance(20)
  t.deepEqual(verdicts, ['One too many', 'One too many', undefined])
})
