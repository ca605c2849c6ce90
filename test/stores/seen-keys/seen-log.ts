import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createFakeClock } from '../../../src/core/clock.js'
import { openSeenLog, type SeenLogOptions } from '../../../src/stores/seen-keys/seen-log.js'
import { StoreError } from '../../../src/stores/store-error.js'
import { patchFs } from '../../helpers/patch-fs.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const openTest = (t: ExecutionContext, given: Partial<SeenLogOptions> = {}) => {
  const warnings: string[] = []
  const clock = createFakeClock()
  const path = given.path ?? join(makeFolder(t), 'seen.keys')
  const onError = (error: StoreError) => t.fail(error.message)
  const log = openSeenLog({ path, maxKeys: 1000, clock, warn: text => warnings.push(text), onError, ...given })
  const see = (...keys: (string | number)[]): boolean[] =>
    keys.map(key => {
      const bytes = Buffer.from(String(key))
      const now = (given.clock ?? clock).wall()
      log.table.expire(now)
      log.table.hash.hash(bytes, 0, bytes.length)
      const { a, b, c, d } = log.table.hash
      const isNew = log.table.addWords(a, b, c, d, now)
      if (isNew) log.left(true)
      return isNew
    })
  const take = (count: number) => {
    log.receipt.delivered(count)
    log.record()
  }
  return { ...log, see, take, path, warnings }
}

test.serial('only keys whose records were taken are recorded', async t => {
  const first = openTest(t)
  first.see('a', 'b', 'c')
  first.take(2)
  first.receipt.lost(1, 3)
  await first.close()
  const second = openTest(t, { path: first.path })
  t.deepEqual(second.see('a', 'b', 'c'), [false, false, true])
  await second.close()
})

test.serial('a key is forgotten its ttl after its first record, whichever run saw it', async t => {
  const clock = createFakeClock()
  const first = openTest(t, { clock, ttl: 1000 })
  first.see('a')
  first.take(1)
  await first.close()
  clock.freeze(999)
  const second = openTest(t, { clock, ttl: 1000, path: first.path })
  t.deepEqual(second.see('a', 'b'), [false, true])
  second.take(1)
  await second.close()
  clock.freeze(1)
  const third = openTest(t, { clock, ttl: 1000, path: first.path })
  t.deepEqual(third.see('a', 'b'), [true, false])
  await third.close()
})

test.serial('a clock that was ahead keeps no key for longer than its time', async t => {
  const clock = createFakeClock()
  const first = openTest(t, { clock, ttl: 1000 })
  clock.step(1e9)
  first.see('a')
  first.take(1)
  await first.close()
  clock.step(-1e9)
  const second = openTest(t, { clock, ttl: 1000, path: first.path })
  t.deepEqual(second.see('a'), [false])
  clock.freeze(1000)
  t.deepEqual(second.see('a'), [true])
  await second.close()
})

const many = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n)

test.serial('a file with many unneeded entries is rewritten, without records that were not taken', async t => {
  const log = openTest(t, { maxKeys: 10 })
  for (let from = 0; from < 70_000; from += 1000) {
    log.see(...many(from, 1000))
    log.take(from === 69_000 ? 995 : 1000)
  }
  t.true(statSync(log.path).size < 24 * 70_000)
  await log.close()
  const next = openTest(t, { path: log.path, maxKeys: 10 })
  t.deepEqual(next.see(69_994, 69_995), [false, true])
  await next.close()
})

test.serial('if rewriting fails, the old file stays in use', async t => {
  const log = openTest(t, { maxKeys: 10 })
  const restore = patchFs(name => {
    if (name === 'renameSync') throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
  })
  try {
    for (let from = 0; from < 70_000; from += 1000) {
      log.see(...many(from, 1000))
      log.take(1000)
    }
  } finally {
    restore()
  }
  t.is(log.warnings.length, 1)
  t.regex(log.warnings[0] ?? '', /is larger than necessary: No space/)
  t.is(statSync(log.path).size, 96 + 24 * 70_000)
  log.see('last')
  log.take(1)
  await log.close()
  t.deepEqual(readdirSync(dirname(log.path)), ['seen.keys'])
  const next = openTest(t, { path: log.path, maxKeys: 10 })
  t.deepEqual(next.see('last', 69_999), [false, false])
  await next.close()
})

test.serial('one process at a time, and a failed opening gives the lock back', async t => {
  const log = openTest(t)
  const error = t.throws(() => openTest(t, { path: log.path }), { instanceOf: StoreError })
  t.is(error?.code, 'busy')
  await log.close()
  await openTest(t, { path: log.path }).close()
})
