import type { ExecutionContext, TestFn } from 'ava'
import { createFakeClock } from '../../src/core/clock.js'
import { takeLease } from '../../src/stores/state/lease.js'
import type { Store } from '../../src/stores/state/store.js'
import fc from './fast-check.js'

/** Opens one more store on the place that this test has to itself. */
export type Open = () => Store

/** What every store must do, whatever it is made of. `prepare` makes an empty place for one test. */
export const testStore = (test: TestFn, kind: string, prepare: (t: ExecutionContext) => Open) => {
  const check = (title: string, run: (t: ExecutionContext, open: Open) => Promise<void>) =>
    test(`${kind}: ${title}`, t => run(t, prepare(t)))

  check('an empty place has no value and no revision', async (t, open) => {
    t.deepEqual(await open().read(), { value: undefined, revision: undefined })
  })

  check('what one writes the other reads', async (t, open) => {
    const [one, other] = [open(), open()]
    const value = {
      v: 1,
      text: 'é\u2028\u0000"\\',
      list: [1, -0.5, 1e300, null, true, {}],
      deep: { deep: { deep: [] } },
    }
    t.true(await one.compareAndSet(value, undefined))
    const stored = await other.read()
    t.deepEqual(stored.value, value)
    t.deepEqual(await one.read(), stored)
  })

  check('of two that write on the same revision the second is refused', async (t, open) => {
    const [one, other] = [open(), open()]
    t.true(await one.compareAndSet({ by: 'one' }, undefined))
    t.false(await other.compareAndSet({ by: 'other' }, undefined))
    const { revision } = await other.read()
    t.true(await other.compareAndSet({ by: 'other' }, revision))
    t.false(await one.compareAndSet({ by: 'one again' }, revision))
    t.deepEqual((await one.read()).value, { by: 'other' })
  })

  check('an unknown revision is refused on an empty place', async (t, open) => {
    const store = open()
    t.false(await store.compareAndSet({}, 'of another time'))
    t.is((await store.read()).value, undefined)
  })

  check('a value that was read or written is nobody else’s', async (t, open) => {
    const store = open()
    const written = { list: [1] }
    await store.compareAndSet(written, undefined)
    written.list.push(2)
    const read = (await store.read()).value as typeof written
    t.deepEqual(read, { list: [1] })
    read.list.push(3)
    t.deepEqual((await store.read()).value, { list: [1] })
  })

  check('update returns the result, and writes only when it got a value', async (t, open) => {
    const [one, other] = [open(), open()]
    t.is(
      await one.update(value => ({ value: { seen: value ?? 'nothing' }, durable: true, result: 'written' })),
      'written',
    )
    const before = await other.read()
    t.deepEqual(before.value, { seen: 'nothing' })
    t.is(await one.update(value => ({ result: (value as { seen: string }).seen })), 'nothing')
    t.deepEqual(await other.read(), before)
    t.false(await other.changed())
  })

  check('a change that throws changes nothing and blocks nobody', async (t, open) => {
    const store = open()
    await store.compareAndSet({ count: 1 }, undefined)
    const thrown = new Error('no')
    t.is(
      await t.throwsAsync(
        store.update(() => {
          throw thrown
        }),
      ),
      thrown,
    )
    t.is(await store.update(value => ({ value: { count: 2 }, result: (value as { count: number }).count })), 1)
  })

  check('only JSON objects are values', async (t, open) => {
    const store = open()
    for (const value of [null, 1, 'text', [1]]) {
      await t.throwsAsync(async () => store.compareAndSet(value, undefined), { instanceOf: TypeError })
      await t.throwsAsync(async () => store.update(() => ({ value, result: 0 })), { instanceOf: TypeError })
    }
    t.is((await store.read()).value, undefined)
  })

  check('changed tells of others only', async (t, open) => {
    const [one, other] = [open(), open()]
    t.false(await one.changed())
    await one.update(() => ({ value: { count: 1 }, result: 0 }))
    t.false(await one.changed())
    t.true(await other.changed())
    t.true(await other.changed())
    await other.read()
    t.false(await other.changed())
    for (let count = 2; count < 30; count++) {
      await other.update(() => ({ value: { count: 10 + count }, result: 0 }))
      t.true(await one.changed(), `at ${count}`)
      t.true(await one.changed(), `again at ${count}`)
      await one.read()
      t.false(await one.changed())
    }
  })

  check('updates at the same time lose nothing', async (t, open) => {
    const stores = [open(), open(), open(), open()]
    const results: number[] = []
    const addOne = async (store: Store) => {
      const result = await store.update(
        value => {
          const count = ((value as { count: number } | undefined)?.count ?? 0) + 1
          return { value: { count }, result: count }
        },
        { timeout: 20_000 },
      )
      results.push(result)
    }
    await Promise.all(Array.from({ length: 100 }, (_, index) => addOne(stores[index % stores.length]!)))
    t.deepEqual(
      results.sort((a, b) => a - b),
      Array.from({ length: 100 }, (_, index) => index + 1),
    )
  })

  check('any sequence of operations agrees with a plain variable', async t => {
    const operation = fc.record({ who: fc.nat(1), what: fc.constantFrom('read', 'set', 'set stale', 'update', 'look') })
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async operations => {
        const open = prepare(t)
        const stores = [open(), open()] as const
        let model: unknown
        let writes = 0
        const outdated = [false, false]
        const wrote = (who: number) => {
          outdated[1 - who] = true
          outdated[who] = false
        }
        for (const { who, what } of operations) {
          const store = stores[who]!
          if (what === 'look') {
            t.is(await store.changed(), outdated[who]!)
            continue
          }
          if (what === 'update') {
            const next = { writes: ++writes }
            t.deepEqual(await store.update(value => ({ value: next, result: value })), model)
            model = next
            wrote(who)
            continue
          }
          const { value, revision } = await store.read()
          t.deepEqual(value, model)
          outdated[who] = false
          if (what === 'read') continue
          const next = { writes: ++writes }
          if (what === 'set stale') {
            const last = { writes: ++writes }
            t.true(await stores[1 - who]!.compareAndSet(last, revision))
            t.false(await store.compareAndSet(next, revision))
            await store.read()
            model = last
            wrote(1 - who)
            outdated[who] = false
            continue
          }
          t.true(await store.compareAndSet(next, revision))
          model = next
          wrote(who)
        }
      }),
      { numRuns: 25 },
    )
  })

  check('a lease is had by one, and given back to all', async (t, open) => {
    const clock = createFakeClock()
    const [one, other] = [open(), open()]
    await one.compareAndSet({ v: 1, mine: 'kept' }, undefined)
    const first = await takeLease(one, 'probe', 1000, { clock })
    t.truthy(first)
    t.is(await takeLease(other, 'probe', 1000, { clock }), undefined)
    t.is(await takeLease(one, 'probe', 1000, { clock }), undefined)
    t.truthy(await takeLease(other, 'replay', 1000, { clock }))
    await first?.release()
    const second = await takeLease(other, 'probe', 1000, { clock })
    t.truthy(second)
    t.not(second?.token, first?.token)
    t.is(((await one.read()).value as { mine: string }).mine, 'kept')
  })

  check('a lease ends by itself, and its former holder cannot renew or return it', async (t, open) => {
    const clock = createFakeClock()
    const [one, other] = [open(), open()]
    const first = await takeLease(one, 'probe', 1000, { clock })
    await clock.advance(999)
    t.is(await takeLease(other, 'probe', 1000, { clock }), undefined)
    t.true(await first?.renew())
    await clock.advance(999)
    t.is(await takeLease(other, 'probe', 1000, { clock }), undefined)
    await clock.advance(1)
    const second = await takeLease(other, 'probe', 1000, { clock })
    t.truthy(second)
    t.false(await first?.renew())
    await first?.release()
    t.is(await takeLease(one, 'probe', 1000, { clock }), undefined)
    t.true(await second?.renew())
  })

  check('a lease does not outlast a clock set back by an hour', async (t, open) => {
    const clock = createFakeClock()
    const store = open()
    t.truthy(await takeLease(store, 'probe', 1000, { clock }))
    const earlier = createFakeClock(clock.wall() - 3_600_000)
    t.truthy(await takeLease(store, 'probe', 1000, { clock: earlier }))
  })

  check('of many that want a lease at once one gets it', async (t, open) => {
    const stores = Array.from({ length: 12 }, open)
    const leases = await Promise.all(stores.map(store => takeLease(store, 'probe', 60_000, { timeout: 20_000 })))
    t.is(leases.filter(lease => lease !== undefined).length, 1)
  })

  check('closing twice is fine', async (t, open) => {
    const store = open()
    await store.close()
    await store.close()
    t.pass()
  })
}
