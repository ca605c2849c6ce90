import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createFakeClock, type FakeClock } from '../../../src/core/clock.js'
import { createFileStore } from '../../../src/stores/state/file.js'
import { createSharedPauses } from '../../../src/stores/state/shared-pauses.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const setUp = (t: ExecutionContext) => {
  const path = join(makeFolder(t), 's.json.pauses')
  const open = (clock: FakeClock, stores: FakeClock = clock) => {
    const heard: [string, number][] = []
    const warnings: string[] = []
    const pauses = createSharedPauses({
      store: createFileStore({ path, version: 1, clock: stores }),
      clock,
      follow: (service, ms) => heard.push([service, ms]),
      warn: message => warnings.push(message),
    })
    return { pauses, heard, warnings }
  }
  return { path, open }
}

const wall = Date.UTC(2026, 0, 1)

test('a pause that one process was asked for is kept by the others', async t => {
  const { open } = setUp(t)
  const [one, other] = [open(createFakeClock(wall)), open(createFakeClock(wall + 1000))]
  await one.pauses.publish('https://a', wall + 60_000)
  await other.pauses.look()
  t.deepEqual(other.heard, [['https://a', 59_000]])
})

test('a longer pause stays, one that is over is forgotten', async t => {
  const { open, path } = setUp(t)
  const clock = createFakeClock(wall)
  const { pauses } = open(clock)
  await pauses.publish('a', wall + 1000)
  await pauses.publish('b', wall + 60_000)
  await pauses.publish('b', wall + 2000)
  await clock.advance(5000)
  await pauses.publish('c', wall + 90_000)
  t.deepEqual(JSON.parse(readFileSync(path, 'utf8')).services, {
    b: { since: wall, until: wall + 60_000 },
    c: { since: wall + 5000, until: wall + 90_000 },
  })
})

test('a clock that was set back makes no pause longer', async t => {
  const { open } = setUp(t)
  await open(createFakeClock(wall)).pauses.publish('a', wall + 60_000)
  const later = open(createFakeClock(wall - 3_600_000))
  await later.pauses.look()
  t.deepEqual(later.heard, [['a', 60_000]])
})

test('a file with other content is not changed, with one warning', async t => {
  const { open, path } = setUp(t)
  writeFileSync(path, '{"v":1,"mine":1}\n')
  const { pauses, warnings } = open(createFakeClock(wall))
  await pauses.publish('a', wall + 1000)
  await pauses.publish('a', wall + 2000)
  t.is(warnings.length, 1)
  t.is(readFileSync(path, 'utf8'), '{"v":1,"mine":1}\n')
})

test('a pause lasts as long as it was asked for, whatever the clocks of the hosts say', async t => {
  const { open } = setUp(t)
  const stores = createFakeClock(wall)
  const [early, late] = [createFakeClock(wall - 3_600_000), createFakeClock(wall + 3_600_000)]
  await open(early, stores).pauses.publish('a', early.wall() + 60_000)
  const other = open(late, stores)
  await other.pauses.look()
  t.deepEqual(other.heard, [['a', 60_000]])
})
