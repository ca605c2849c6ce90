import type { ExecutionContext, TestFn } from 'ava'
import type { Store } from '../../src/stores/state/store.js'
import fc from './fast-check.js'

/** Opens one more store on the place that this test has to itself. */
export type Open = () => Store

/** What every store must do, whatever it is made of. `prepare` makes an empty place for one test. */
export const testStore = (test: TestFn, kind: string, prepare: (t: ExecutionContext) => Open) => {
  const check = (title: string, run: (t: ExecutionContext, open: Open) => Promise<void>) =>
    test(`${kind}: ${title}`, t => run(t, prepare(t)))

  check('an empty place has no value', async (t, open) => {
    t.is(await open().read(), undefined)
  })

  check('what one writes the other reads', async (t, open) => {
    const [one, other] = [open(), open()]
    const value = {
      v: 1,
      text: 'é\u2028\u0000"\\',
      list: [1, -0.5, 1e300, null, true, {}],
      deep: { deep: { deep: [] } },
    }
    await one.update(() => ({ value, result: undefined }))
    t.deepEqual(await other.read(), value)
    t.deepEqual(await one.read(), value)
  })

  check('a value that was read or written is nobody else’s', async (t, open) => {
    const store = open()
    const written = { list: [1] }
    await store.update(() => ({ value: written, result: undefined }))
    written.list.push(2)
    const read = (await store.read()) as typeof written
    t.deepEqual(read, { list: [1] })
    read.list.push(3)
    t.deepEqual(await store.read(), { list: [1] })
  })

  check('update returns the result, and writes only when it got a value', async (t, open) => {
    const [one, other] = [open(), open()]
    t.is(
      await one.update(value => ({ value: { seen: value ?? 'nothing' }, durable: true, result: 'written' })),
      'written',
    )
    const before = await other.read()
    t.deepEqual(before, { seen: 'nothing' })
    t.is(await one.update(value => ({ result: (value as { seen: string }).seen })), 'nothing')
    t.deepEqual(await other.read(), before)
    t.false(await other.changed())
  })

  check('a change that throws changes nothing and blocks nobody', async (t, open) => {
    const store = open()
    await store.update(() => ({ value: { count: 1 }, result: undefined }))
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
      await t.throwsAsync(async () => store.update(() => ({ value, result: 0 })), { instanceOf: TypeError })
    }
    t.is(await store.read(), undefined)
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

  check('the clock of the store is that of everybody who shares it', async (t, open) => {
    const [one, other] = [open(), open()]
    const before = Date.now()
    const times = [one.wall(), other.wall(), one.wall()]
    const after = Date.now()
    for (const time of times) t.true(time >= before - 50 && time <= after + 50, `${time} of ${before}..${after}`)
  })

  check('any sequence of operations agrees with a plain variable', async t => {
    const operation = fc.record({ who: fc.nat(1), what: fc.constantFrom('read', 'update', 'update nothing', 'look') })
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async operations => {
        const open = prepare(t)
        const stores = [open(), open()] as const
        let model: unknown
        let writes = 0
        const outdated = [false, false]
        for (const { who, what } of operations) {
          const store = stores[who]!
          if (what === 'look') {
            t.is(await store.changed(), outdated[who]!)
            continue
          }
          outdated[who] = false
          if (what === 'read') {
            t.deepEqual(await store.read(), model)
            continue
          }
          const next = what === 'update' ? { writes: ++writes } : undefined
          t.deepEqual(await store.update(value => ({ value: next, result: value })), model)
          if (next === undefined) continue
          model = next
          outdated[1 - who] = true
        }
      }),
      { numRuns: 25 },
    )
  })
}
