import test from 'ava'
import { type Claim, createSlots } from '../../../src/processors/map/slots.js'
import fc from '../../helpers/fast-check.js'

/** Slots, and how many of each are held and wait. */
const setUp = (count: number, share?: number, floor = 0) => {
  const slots = createSlots(count, share === undefined ? undefined : { share, floor })
  const held = { call: 0, retry: 0, return: 0 }
  const begun: string[] = []
  return {
    held,
    begun,
    take: (claim: Claim, name: string = claim) =>
      slots.take(claim, () => {
        held[claim]++
        begun.push(name)
      }),
    end(claim: Claim) {
      held[claim]--
      slots.release(claim === 'retry')
    },
  }
}

const times = (count: number, act: () => unknown) => {
  for (let index = 0; index < count; index++) act()
}

test('slots go to retries first, then to returning calls, then to new calls, each in order', t => {
  const { take, end, begun } = setUp(1)
  take('call', 'a')
  for (const [claim, name] of [
    ['call', 'b'],
    ['return', 'c'],
    ['retry', 'd'],
    ['call', 'e'],
    ['retry', 'f'],
  ] as const) {
    take(claim, name)
  }
  for (const claim of ['call', 'retry', 'retry', 'return', 'call'] as const) end(claim)
  t.deepEqual(begun, ['a', 'd', 'f', 'c', 'b', 'e'])
})

test('never more retries at once than the budget, and all come through', t => {
  const { take, end, held, begun } = setUp(10, 0.2, 3)
  times(10, () => take('retry'))
  t.is(held.retry, 3)
  times(7, () => {
    end('retry')
    t.is(held.retry, 3)
  })
  times(3, () => end('retry'))
  t.is(begun.length, 10)
})

test('calls under way allow a share of retries', t => {
  const { take, held } = setUp(1000, 0.2, 1)
  times(20, () => take('retry'))
  t.is(held.retry, 1)
  times(50, () => take('call'))
  // 50 calls and 12 retries: 20% of 62.
  t.deepEqual(held, { call: 50, retry: 12, return: 0 })
})

test('a budget of nothing lets one retry through at a time, while nothing else runs', t => {
  const { take, end, held } = setUp(4, 0, 0)
  take('call')
  times(3, () => take('retry'))
  t.is(held.retry, 0)
  end('call')
  t.is(held.retry, 1)
  end('retry')
  t.is(held.retry, 1)
})

test('a retry without budget leaves the free place to a call', t => {
  const { take, held } = setUp(4, 0, 1)
  times(3, () => take('retry'))
  times(2, () => take('call'))
  t.deepEqual(held, { call: 2, retry: 1, return: 0 })
})

test('one that comes back and was no retry is none now', t => {
  const { take, end, held } = setUp(2, 0, 0)
  take('call')
  end('call')
  take('call')
  take('return')
  t.deepEqual(held, { call: 1, retry: 0, return: 1 })
})

test('an attempt that stops waiting takes no slot', t => {
  const { take, end, held } = setUp(2, 0, 1)
  take('retry')
  const leave = [take('retry'), take('retry')]
  for (const one of leave) one()
  take('retry')
  end('retry')
  t.is(held.retry, 1)
  end('retry')
  take('retry')
  t.is(held.retry, 1)
})

test('over any claims: never more places than there are, the bound holds when a retry begins, and all come through', t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 5 }),
      fc.array(fc.constantFrom('call', 'retry', 'return', 'end call', 'end retry', 'end return'), { maxLength: 60 }),
      (count, share, floor, events) => {
        const { take, end, held, begun } = setUp(count, share, floor)
        let wanted = 0
        const all = () => held.call + held.retry + held.return
        for (const event of events) {
          const retries = held.retry
          const [claim, ended] = event.startsWith('end ') ? [event.slice(4) as Claim, true] : [event as Claim, false]
          if (!ended) {
            wanted++
            take(claim)
          } else if (held[claim] > 0) end(claim)
          if (all() > count) throw new Error(`${all()} of ${count} places`)
          const bound = Math.max(floor, share * all() + 1e-6, 1)
          if (held.retry > retries && held.retry > bound) throw new Error(`${held.retry} retries of ${all()}`)
        }
        for (const claim of Array.from({ length: wanted }, () => ['call', 'return', 'retry'] as const).flat()) {
          if (held[claim] > 0) end(claim)
        }
        while (all() > 0) for (const claim of ['call', 'return', 'retry'] as const) if (held[claim] > 0) end(claim)
        return begun.length === wanted
      },
    ),
  )
  t.pass()
})
