import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { createFakeClock } from '../../../src/core/clock.js'
import { tryAcquire } from '../../../src/stores/files/lock.js'
import { createFileStore } from '../../../src/stores/state/file.js'
import { StoreError } from '../../../src/stores/store-error.js'
import { startFixture, startInShell } from '../../helpers/fixture-process.js'
import { testStore } from '../../helpers/store-conformance.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

testStore(test, 'file', t => {
  const path = join(makeFolder(t), 'state.json')
  return () => createFileStore({ path })
})

test('eight processes counting at once lose nothing and leave nothing behind', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'state.json')
  const runs = Array.from({ length: 8 }, () => startFixture('count-up', path, '40').finished)
  for (const { output } of await Promise.all(runs)) t.is(output, 'started\ndone\n')
  t.deepEqual(await createFileStore({ path }).read(), { count: 320 })
  t.deepEqual(readdirSync(folder), ['state.json'])
})

test('the file is for its owner only, whatever it was before', async t => {
  const path = join(makeFolder(t), 'state.json')
  writeFileSync(path, '{}\n')
  chmodSync(path, 0o666)
  await createFileStore({ path }).update(() => ({ value: { a: 1 }, result: 0 }))
  t.is(statSync(path).mode & 0o777, 0o600)
})

test('a file cut at every byte is kept aside and started afresh', async t => {
  const whole = Buffer.from('{"v":1,"name":"é","list":[1,22,{"a":null}]}\n')
  for (let length = 0; length < whole.length - 1; length++) {
    const folder = makeFolder(t)
    const path = join(folder, 'state.json')
    writeFileSync(path, whole.subarray(0, length))
    const warnings: string[] = []
    const store = createFileStore({
      path,
      version: 1,
      warn: message => warnings.push(message),
      clock: createFakeClock(),
    })
    t.is(await store.read(), undefined, `cut at ${length}`)
    t.is(warnings.length, 1)
    t.deepEqual(readdirSync(folder), ['state.json.bad-20260101T000000.000Z'])
    t.deepEqual(readFileSync(join(folder, 'state.json.bad-20260101T000000.000Z')), whole.subarray(0, length))
    await store.update(() => ({ value: { v: 1 }, result: undefined }))
    t.deepEqual(await store.read(), { v: 1 })
  }
})

test('a missing last newline is not damage', async t => {
  const path = join(makeFolder(t), 'state.json')
  writeFileSync(path, '{"v":1}')
  t.deepEqual(await createFileStore({ path, version: 1 }).read(), { v: 1 })
})

for (const [title, content] of [
  ['garbage', 'garbage'],
  ['an array', '[1]\n'],
  ['a number', '12\n'],
  ['what is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['zeros', Buffer.alloc(100)],
  ['200,000 levels', '{"a":'.repeat(200_000)],
] as const) {
  test(`update starts afresh from ${title}, and keeps it`, async t => {
    const folder = makeFolder(t)
    const path = join(folder, 'state.json')
    writeFileSync(path, content)
    const warnings: string[] = []
    const store = createFileStore({ path, warn: message => warnings.push(message) })
    t.is(await store.update(value => ({ value: { a: 1 }, result: value })), undefined)
    const kept = readdirSync(folder).find(name => name.startsWith('state.json.bad-'))!
    t.deepEqual(readFileSync(join(folder, kept)), Buffer.from(content as string))
    t.regex(warnings.join(), /state\.json is .*: kept as .*\.bad-.*; starting again/)
    t.deepEqual(await store.read(), { a: 1 })
  })
}

test('two damaged files of one moment are both kept', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'state.json')
  const store = createFileStore({ path, clock: createFakeClock() })
  for (const content of ['one', 'two', 'three']) {
    writeFileSync(path, content)
    t.is(await store.read(), undefined)
  }
  t.deepEqual(
    readdirSync(folder).map(name => readFileSync(join(folder, name), 'utf8')),
    ['one', 'two', 'three'],
  )
})

test('strict: a damaged file is an error and stays', async t => {
  const path = join(makeFolder(t), 'state.json')
  writeFileSync(path, '{"v":')
  const store = createFileStore({ path, strict: true })
  const act = [() => store.read(), () => store.update(() => ({ value: {}, result: 0 }))]
  for (const run of act) {
    const error = await t.throwsAsync(run, { instanceOf: StoreError })
    t.like(error, { code: 'unreadable' })
    t.regex(error.message, /is not complete JSON and is not changed: delete it/)
  }
  t.is(readFileSync(path, 'utf8'), '{"v":')
  t.deepEqual(readdirSync(join(path, '..')), ['state.json'])
})

for (const [code, content] of [
  ['newer', '{"v":2,"what":"ever"}\n'],
  ['foreign', '{"name":"somebody else’s"}\n'],
  ['foreign', '{"v":"1"}\n'],
] as const) {
  test(`${content.trim()} is ${code} and left alone`, async t => {
    const path = join(makeFolder(t), 'state.json')
    writeFileSync(path, content)
    const store = createFileStore({ path, version: 1 })
    for (const run of [() => store.read(), () => store.update(() => ({ value: {}, result: 0 }))])
      t.like(await t.throwsAsync(run, { instanceOf: StoreError }), { code })
    t.is(readFileSync(path, 'utf8'), content)
    t.deepEqual(readdirSync(join(path, '..')), ['state.json'])
  })
}

test('with a version, a value gets it first', async t => {
  const path = join(makeFolder(t), 'state.json')
  await createFileStore({ path, version: 3 }).update(() => ({ value: { a: 1 }, result: 0 }))
  t.is(readFileSync(path, 'utf8'), '{"v":3,"a":1}\n')
})

test('changed sees what the time and size of the file do not tell', async t => {
  const path = join(makeFolder(t), 'state.json')
  const store = createFileStore({ path })
  await store.update(() => ({ value: { count: 1 }, result: undefined }))
  const now = Date.now() / 1000
  utimesSync(path, now, now)
  // Read at that very moment: later on the same time would be proof enough.
  const reading = store.read()
  writeFileSync(path, '{"count":2}\n')
  utimesSync(path, now, now)
  t.true(store.changed())
  t.true(store.changed())
  t.deepEqual(await reading, { count: 1 })
  await store.read()
  t.false(store.changed())
})

test('a planted link is neither read nor followed nor replaced', async t => {
  const folder = makeFolder(t)
  const [path, target] = [join(folder, 'state.json'), join(folder, 'target')]
  writeFileSync(target, '{"secret":1}')
  symlinkSync(target, path)
  const store = createFileStore({ path })
  for (const run of [() => store.read(), () => store.update(() => ({ value: {}, result: 0 }))])
    t.like(await t.throwsAsync(run, { instanceOf: StoreError }), { code: 'foreign' })
  t.is(readFileSync(target, 'utf8'), '{"secret":1}')
  t.deepEqual(readdirSync(folder).sort(), ['state.json', 'target'])
})

test('a folder in place of the file is foreign, a missing folder unwritable', async t => {
  const folder = makeFolder(t)
  mkdirSync(join(folder, 'state.json'))
  const inPlace = createFileStore({ path: join(folder, 'state.json') })
  t.like(await t.throwsAsync(inPlace.read()), { code: 'foreign' })
  const missing = createFileStore({ path: join(folder, 'missing', 'state.json') })
  t.is(await missing.read(), undefined)
  const error = await t.throwsAsync(missing.update(() => ({ value: {}, result: 0 })))
  t.like(error, { code: 'unwritable' })
  t.regex(error.message, /folder of .* does not exist; create it with mkdir -p/)
})

test('a lock that is never released makes update fail as busy, naming the holder', async t => {
  const path = join(makeFolder(t), 'state.json')
  const held = tryAcquire(path)!
  const error = await t.throwsAsync(createFileStore({ path }).update(() => ({ value: {}, result: 0 }), { timeout: 5 }))
  t.like(error, { code: 'busy' })
  t.true(error.message.includes(`process ${process.pid} on `))
  held.release()
  t.is(await createFileStore({ path }).update(value => ({ result: value })), undefined)
})

test('a write is discarded when the lock was lost on the way, and the change made again', async t => {
  const path = join(makeFolder(t), 'state.json')
  const [one, other] = [createFileStore({ path }), createFileStore({ path })]
  let tries = 0
  let others: Promise<unknown> | undefined
  await one.update(value => {
    if (++tries === 1) {
      // As if we had slept for so long that our lock counted as stale.
      rmSync(`${path}.lock`)
      others = other.update(() => ({ value: { by: ['other'] }, result: 0 }))
    }
    return { value: { by: [...((value as { by: string[] } | undefined)?.by ?? []), 'one'] }, result: 0 }
  })
  await others
  t.is(tries, 2)
  t.deepEqual(await one.read(), { by: ['other', 'one'] })
})

test('on a full disk the old value stays and the error says full', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'state.json')
  await createFileStore({ path }).update(() => ({ value: { count: 1 }, result: 0 }))
  const { output } = await startInShell('ulimit -f 0; exec "$0" "$@"', 'read-and-update', path).finished
  t.is(output, 'read {"count":1}\nfull\n')
  t.deepEqual(readdirSync(folder), ['state.json'])
  t.is(readFileSync(path, 'utf8'), '{"count":1}\n')
})

test('a folder that may not be written can be read, and says so on update', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'state.json')
  writeFileSync(path, '{"count":1}\n')
  chmodSync(path, 0o644)
  chmodSync(folder, 0o555)
  const { output } = await startFixture('read-and-update', path, 'as-nobody').finished
  chmodSync(folder, 0o755)
  t.is(output, 'read {"count":1}\nunwritable\n')
  writeFileSync(path, 'damaged')
  chmodSync(folder, 0o555)
  const damaged = await startFixture('read-and-update', path, 'as-nobody').finished
  chmodSync(folder, 0o755)
  t.is(damaged.output, 'warned\nread undefined\nunwritable\n')
  t.is(readFileSync(path, 'utf8'), 'damaged')
})
