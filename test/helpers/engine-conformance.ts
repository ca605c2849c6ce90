import { setTimeout as sleep } from 'node:timers/promises'
import type { TestFn } from 'ava'
import { closeServers } from '../../src/stores/servers/connections.js'
import { openStore } from '../../src/stores/state/open-store.js'
import { StoreError } from '../../src/stores/store-error.js'
import type { Engine } from './engines.js'
import { startFixture } from './fixture-process.js'
import { connectTo } from './remote-places.js'
import { testStore } from './store-conformance.js'

type Start = (t: { teardown(act: () => unknown): void }, settings?: readonly string[]) => Promise<Engine>

/** What every store on a server must do. One server serves all tests, those that stop or end it have their own. */
export const testEngine = (test: TestFn, kind: string, start: Start): void => {
  const ends: (() => unknown)[] = []
  let shared: Engine
  let names = 0

  test.before(async () => {
    shared = await start({ teardown: act => void ends.push(act) })
    await connectTo(shared.url('first'))
  })

  test.after.always(async () => {
    await closeServers()
    for (const act of ends.toReversed()) await act()
  })

  testStore(test, kind, () => {
    const path = shared.url(`conformance-${++names}`)
    return () => openStore({ path })
  })

  const countTogether = async (path: string, times: number) => {
    const runs = Array.from({ length: 8 }, () => startFixture('count-up', path, `${times}`))
    await Promise.all(runs.map(run => run.printed()))
    return runs
  }

  test.serial(`${kind}: eight processes counting at once lose nothing`, async t => {
    const path = shared.url('eight')
    for (const { output } of await Promise.all((await countTogether(path, 40)).map(run => run.finished)))
      t.is(output, 'started\ndone\n')
    t.deepEqual(await openStore({ path }).read(), { count: 320 })
  })

  test.serial(`${kind}: a server that stands still for 3 seconds costs nothing but time`, async t => {
    const engine = await start(t)
    const path = engine.url('still')
    await connectTo(path)
    const runs = await countTogether(path, 100)
    await waitForCount(path, 60)
    engine.stop()
    await sleep(3000)
    engine.go()
    for (const { output } of await Promise.all(runs.map(run => run.finished))) t.is(output, 'started\ndone\n')
    t.deepEqual(await openStore({ path }).read(), { count: 800 })
  })

  test.serial(`${kind}: writes whose answer was lost with the server are neither lost nor made twice`, async t => {
    const engine = await start(t)
    const path = engine.url('killed')
    await connectTo(path)
    const runs = await countTogether(path, 120)
    for (const count of [100, 300, 500]) {
      await waitForCount(path, count)
      await engine.kill()
      await engine.restart()
    }
    for (const { output } of await Promise.all(runs.map(run => run.finished))) t.is(output, 'started\ndone\n')
    t.deepEqual(await openStore({ path }).read(), { count: 960 })
  })

  test.serial(`${kind}: a server that is away is unreachable, soon`, async t => {
    const engine = await start(t)
    const path = engine.url('away')
    await connectTo(path)
    const store = openStore({ path })
    await store.update(() => ({ value: { count: 1 }, result: undefined }))
    await engine.kill()
    for (const ask of [
      () => store.read(),
      () => Promise.resolve(store.changed()),
      () => store.update(() => ({ value: { count: 2 }, result: undefined }), { timeout: 300 }),
    ]) {
      const error = await t.throwsAsync(ask, { instanceOf: StoreError })
      t.is((error as StoreError).code, 'unreachable')
      t.regex(error?.message ?? '', /does not answer( \(.*\))?; start it, or look at the URL$/)
    }
    await engine.restart()
    t.is(await store.update(value => ({ value: { count: 3 }, result: (value as { count: number }).count })), 1)
  })
}

const waitForCount = async (path: string, wanted: number): Promise<void> => {
  const store = openStore({ path })
  for (let count = 0; count < wanted; await sleep(5)) {
    count = ((await store.read()) as { count: number } | undefined)?.count ?? 0
  }
}
