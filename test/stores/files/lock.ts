import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
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
import test, { type ExecutionContext } from 'ava'
import { createFakeClock } from '../../../src/core/clock.js'
import { describeSelf } from '../../../src/stores/files/holder.js'
import { acquire, type Held, tryAcquire } from '../../../src/stores/files/lock.js'
import { createFileStore } from '../../../src/stores/state/file.js'
import { StoreError } from '../../../src/stores/store-error.js'
import { startFixture, startInShell } from '../../helpers/fixture-process.js'
import { patchFs } from '../../helpers/patch-fs.js'
import { stressLocks } from '../../helpers/stress-locks.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const prepare = (t: ExecutionContext) => {
  const folder = makeFolder(t)
  const path = join(folder, 'state.json')
  return { folder, path, lock: `${path}.lock` }
}

const tellHolder = (changes: object = {}) =>
  `${JSON.stringify({ streamz: 'lock', ...describeSelf('token'), ...changes })}\n`

const age = (path: string, ms: number) => {
  const time = (Date.now() - ms) / 1000
  utimesSync(path, time, time)
}

/** The lock of a process that was killed while it held it. */
const leaveLock = async (path: string) => {
  const holder = startFixture('hold-lock', path)
  await holder.printed()
  holder.child.kill('SIGKILL')
  await holder.finished
}

test('one holds, the other waits until it is given back', async t => {
  const { path, folder } = prepare(t)
  const clock = createFakeClock()
  const first = tryAcquire(path)!
  t.is(tryAcquire(path), undefined)
  let second: unknown
  const waiting = acquire(path, { clock }).then(held => {
    second = held
  })
  await clock.advance(1000)
  t.is(second, undefined)
  t.true(first.stillMine())
  first.release()
  t.false(first.stillMine())
  await clock.advance(25)
  await waiting
  t.truthy(second)
  first.release()
  t.is(tryAcquire(path), undefined)
  t.deepEqual(readdirSync(folder), ['state.json.lock'])
})

test('acquire gives up after its time, and when told to', async t => {
  const { path } = prepare(t)
  const clock = createFakeClock()
  tryAcquire(path)
  const waiting = acquire(path, { clock, timeout: 300 })
  await clock.advance(400)
  t.is(await waiting, undefined)
  const controller = new AbortController()
  const aborted = acquire(path, { clock, timeout: 1e9, signal: controller.signal })
  await clock.advance(400)
  controller.abort()
  await clock.advance(30)
  t.is(await aborted, undefined)
  t.is(clock.waiting, 0)
})

test('the lock says who holds it, for its owner only', t => {
  const { path, lock } = prepare(t)
  tryAcquire(path)
  const { pid, started, boot, namespace, token } = JSON.parse(readFileSync(lock, 'utf8'))
  t.is(pid, process.pid)
  for (const text of [started, boot, namespace, token]) t.true(typeof text === 'string' && text !== '')
  t.is(statSync(lock).mode & 0o777, 0o600)
})

test('after a kill -9 of the holder the next one goes on at once', async t => {
  const { path, folder } = prepare(t)
  await leaveLock(path)
  t.true(existsSync(`${path}.lock`))
  const held = tryAcquire(path)
  t.truthy(held)
  held?.release()
  t.deepEqual(readdirSync(folder), [])
})

test('a killed holder that nobody has waited for yet is gone too', async t => {
  const { path } = prepare(t)
  // The shell starts the holder and never waits for it: what is left of it keeps its process number.
  const shell = startInShell('"$0" "$@" & echo $!; exec sleep 25', 'hold-lock', path)
  await shell.printed()
  while (!existsSync(`${path}.lock`)) await new Promise(resolve => setImmediate(resolve))
  const { pid } = JSON.parse(readFileSync(`${path}.lock`, 'utf8'))
  process.kill(pid, 'SIGKILL')
  while (!isZombie(pid)) await new Promise(resolve => setImmediate(resolve))
  t.truthy(tryAcquire(path))
  shell.child.kill('SIGKILL')
  await shell.finished
})

const isZombie = (pid: number) =>
  execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z')

test('a process number used again is not the holder', t => {
  const { path, lock } = prepare(t)
  writeFileSync(lock, tellHolder({ pid: process.ppid, started: '1' }))
  t.truthy(tryAcquire(path))
})

test('a holder that lives keeps its lock, however old', async t => {
  const { path, lock } = prepare(t)
  const holder = startFixture('hold-lock', path)
  await holder.printed()
  age(lock, 3_600_000)
  t.is(tryAcquire(path), undefined)
  holder.child.kill('SIGKILL')
  await holder.finished
})

// A holder whose process cannot be looked up: only age tells.
for (const [title, content] of [
  ['of another boot', tellHolder({ boot: 'another', pid: 999_999_999 })],
  ['of another container', tellHolder({ namespace: 'pid:[1]', pid: 999_999_999 })],
  ['empty after a power loss', ''],
  ['zeros after a power loss', '\0'.repeat(200)],
  ['torn after a power loss', tellHolder().slice(0, 40)],
  ['torn near its start', '{"str'],
] as const) {
  test(`a lock ${title} holds for ten seconds`, t => {
    const { path, lock, folder } = prepare(t)
    writeFileSync(lock, content)
    age(lock, 8000)
    t.is(tryAcquire(path), undefined)
    age(lock, 11_000)
    const held = tryAcquire(path)
    t.true(held?.stillMine())
    held?.release()
    t.deepEqual(readdirSync(folder), [])
  })
}

test('a lock from the future is stale: the clock was set back', t => {
  const { path, lock } = prepare(t)
  writeFileSync(lock, tellHolder({ boot: 'another' }))
  age(lock, -3_600_000)
  t.truthy(tryAcquire(path))
})

test('another one’s lock is never given back', t => {
  const { path, lock } = prepare(t)
  const held = tryAcquire(path)!
  const other = tellHolder({ token: 'other' })
  rmSync(lock)
  writeFileSync(lock, other)
  t.false(held.stillMine())
  held.release()
  t.is(readFileSync(lock, 'utf8'), other)
})

test('while a living process takes over, others keep away', t => {
  const { path, lock } = prepare(t)
  writeFileSync(lock, tellHolder({ pid: process.ppid, started: '1' }))
  writeFileSync(`${lock}.takeover`, tellHolder())
  t.is(tryAcquire(path), undefined)
  t.true(existsSync(lock))
})

const stale = tellHolder({ pid: process.ppid, started: '1' })

for (const [title, afterwards] of [
  ['keeps', (_: Held | undefined) => {}],
  ['gives back', (other: Held | undefined) => other?.release()],
] as const) {
  test.serial(`whenever another process cuts in and ${title} the lock, at most one holds it`, t => {
    let calls = 0
    for (let moment = 1; calls >= moment - 1; moment++) {
      const { path, lock } = prepare(t)
      writeFileSync(lock, stale)
      writeFileSync(`${lock}.takeover`, stale)
      calls = 0
      let other: Held | undefined
      const restore = patchFs(() => {
        if (++calls !== moment) return
        other = tryAcquire(path)
        if (other !== undefined) t.true(other.stillMine())
        afterwards(other)
      })
      const held = tryAcquire(path)
      restore()
      const holders = [held, other].filter(one => one?.stillMine())
      t.true(holders.length <= 1, `at call ${moment}`)
      if (title === 'keeps') t.is(holders.length, 1, `at call ${moment}`)
      if (title === 'keeps' && other !== undefined) t.true(other.stillMine(), `taken from the living at call ${moment}`)
      if (held !== undefined) t.true(held.stillMine(), `at call ${moment}`)
    }
    t.true(calls > 20)
  })
}

test('killed at any call, even while taking over a stale takeover, the next one goes on at once', async t => {
  const runTo = async (last: number): Promise<boolean> => {
    const { path, folder, lock } = prepare(t)
    await createFileStore({ path }).update(() => ({ value: { count: 0 }, result: undefined }))
    writeFileSync(lock, stale)
    writeFileSync(`${lock}.takeover`, stale)
    const { output, signal } = await startFixture('die-at-call', path, String(last)).finished
    if (output === '') t.is(signal, 'SIGKILL')
    const held = tryAcquire(path)
    t.truthy(held, `killed before call ${last}`)
    held?.release()
    const { count } = (await createFileStore({ path, strict: true }).read()) as { count: number }
    t.true(count === 1 || (count === 0 && output === ''), `count ${count} after call ${last}`)
    t.deepEqual(
      readdirSync(folder).filter(name => !/\.(tmp|takeover)$/.test(name)),
      ['state.json'],
    )
    return output === 'done\n'
  }
  for (let last = 1, survived = false; !survived; last += 3) {
    t.true(last < 60)
    survived = (await Promise.all([runTo(last), runTo(last + 1), runTo(last + 2)])).some(Boolean)
  }
})

test('what killed processes left is swept after a minute, and nothing else', async t => {
  const { path, folder, lock } = prepare(t)
  const token = 'a'.repeat(24)
  const left = [`${lock}.${token}.tmp`, `${lock}.takeover.${token}.tmp`, `${path}.${token}.tmp`]
  const others = [`${path}.mine.tmp`, `${path}.lock.old`, join(folder, `else.json.${token}.tmp`)]
  for (const file of [...left, ...others]) {
    writeFileSync(file, '')
    age(file, 61_000)
  }
  const young = `${path}.${'b'.repeat(24)}.tmp`
  writeFileSync(young, '')
  writeFileSync(lock, stale)
  tryAcquire(path)?.release()
  t.deepEqual(
    readdirSync(folder)
      .map(name => join(folder, name))
      .sort(),
    [...others, young].sort(),
  )
})

for (const [title, plant] of [
  ['another program’s file', lock => writeFileSync(lock, '# yarn lockfile v1\n')],
  ['a folder', lock => mkdirSync(lock)],
  [
    'a link to a file',
    lock => {
      writeFileSync(`${lock}-target`, stale)
      symlinkSync(`${lock}-target`, lock)
    },
  ],
  ['a link to nothing', lock => symlinkSync(`${lock}-target`, lock)],
  ['a named pipe', lock => execFileSync('mkfifo', [lock])],
  ['a huge file', lock => writeFileSync(lock, stale.padEnd(5000))],
] as const satisfies [string, (lock: string) => void][]) {
  for (const suffix of ['', '.takeover'] as const) {
    test(`${title} in place of the lock${suffix} is foreign and left alone`, async t => {
      const { path, lock, folder } = prepare(t)
      if (suffix !== '') writeFileSync(lock, stale)
      plant(lock + suffix)
      const before = readdirSync(folder)
      t.like(
        t.throws(() => tryAcquire(path), { instanceOf: StoreError }),
        { code: 'foreign' },
      )
      t.like(await t.throwsAsync(acquire(path), { instanceOf: StoreError }), { code: 'foreign' })
      t.deepEqual(readdirSync(folder), before)
    })
  }
}

for (const [title, makePath] of [
  [
    'below a file',
    (folder: string) => {
      writeFileSync(join(folder, 'file'), '')
      return join(folder, 'file', 'state.json')
    },
  ],
  ['in a missing folder', (folder: string) => join(folder, 'missing', 'state.json')],
  ['in /proc', () => '/proc/state.json'],
  ['with a name that is too long', (folder: string) => join(folder, 'x'.repeat(250))],
] as const) {
  test(`a path ${title} is an error at once`, async t => {
    const error = await t.throwsAsync(acquire(makePath(makeFolder(t))), { instanceOf: StoreError })
    t.true(['unwritable', 'unreadable'].includes((error as StoreError).code), error.message)
  })
}

test.serial('a short round of the stress: exclusion holds, nobody is stuck, nothing is lost', async t => {
  const figures = await stressLocks({ folder: makeFolder(t), seconds: 1, processes: 6, atLeast: 100 })
  t.like(figures, { violations: 0, stuck: 0, unreadable: 0, lost: 0, invented: 0 })
  t.true(figures.acknowledged > 0 && figures.sections > 0 && figures.kills > 0, JSON.stringify(figures))
})

const unshare = spawnSync('unshare', ['-UrT', '--boottime', '100000', 'true']).status === 0 ? test : test.skip
unshare('A holder in another time namespace lives, although its start is told shifted', async t => {
  const { path } = prepare(t)
  const line = 'exec unshare -UrT --fork --kill-child --boottime 100000 "$0" "$1" "$2"'
  const { child, printed } = startInShell(line, 'hold-lock', path)
  t.teardown(() => child.kill('SIGKILL'))
  await printed()
  t.is(tryAcquire(path), undefined)
})
