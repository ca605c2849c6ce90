import test from 'ava'
import { Attempt } from '../../../src/calls/attempts/attempt.js'
import { createSharedRates } from '../../../src/calls/attempts/shared-rates.js'
import { createFakeClock } from '../../../src/core/clock.js'
import type { Line } from '../../../src/core/lines.js'
import { createCallLimit } from '../../../src/core/rules/gcra.js'
import { createSharedLimit } from '../../../src/stores/state/shared-limit.js'
import { createMemoryStore } from '../../helpers/memory-store.js'

const hour = 3_600_000

/** The rate of one call per so many milliseconds, kept in a store. */
const prepare = (interval: number) => {
  const clock = createFakeClock()
  const stopper = new AbortController()
  const limit = createCallLimit(1, interval, 1)
  const store = createMemoryStore(undefined, () => clock.wall())
  const source = createSharedLimit({
    store,
    limits: [{ text: 'rate', limit, interval }],
    wall: () => clock.wall(),
    timeout: 0,
    maxKeys: 1,
    wasDamaged: () => false,
  })
  const rates = createSharedRates({
    rates: [{ limit, costOf: () => 1 }],
    clock,
    stopping: stopper.signal,
    source,
    onWait: () => {},
    onGo: () => {},
    onError: error => {
      throw error
    },
  })
  let order = 0
  const next = () => {
    const id = String(order)
    return new Attempt({ killing: new AbortController().signal, id, order }, new AbortController().signal, 1, order++)
  }
  /** Whether the call of this attempt goes at once. */
  const goes = async (attempt: Attempt): Promise<boolean> => {
    void rates.turn(line, attempt).catch(() => {})
    await clock.advance(0)
    return rates.take(line, attempt)
  }
  return { clock, rates, source, stopper, next, goes }
}

const line = { bytes: Buffer.from('1\n'), number: 1 } as unknown as Line

test('a slot in hand is used a moment late, and one that lapsed is given back and taken anew', async t => {
  for (const late of [100, 101, 60_000]) {
    const { clock, rates, next, goes } = prepare(hour)
    const slow = next()
    void rates.turn(line, slow)
    await clock.advance(0)
    // This process was not given the processor, or a pause held the call up.
    await clock.advance(late)
    t.is(rates.take(line, slow), late <= 100, String(late))
    if (late > 100) t.true(await goes(slow), String(late))
    t.false(await goes(next()))
  }
})

test('a call that is ended while it waits for its slot gives it back', async t => {
  const { clock, rates, source, stopper, next, goes } = prepare(45)
  t.true(await goes(next()))
  const turn = rates.turn(line, next())
  const ended = t.throwsAsync(turn, { message: 'Cancelled before the call was made' })
  await clock.advance(0)
  stopper.abort(new Error('stopped'))
  await ended
  const { decisions } = await source.take([{ key: '', costs: [1] }])
  const other = prepare(45)
  t.true(await other.goes(other.next()))
  t.deepEqual(decisions, (await other.source.take([{ key: '', costs: [1] }])).decisions)
  t.true('at' in (decisions[0] ?? {}), 'as if the ended one had not been there')
  t.not((decisions[0] as { at: number }).at, clock.wall())
})
