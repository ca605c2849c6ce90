import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import test from 'ava'
import { killAllGroups, superviseGroup } from '../../../src/calls/process/group.js'
import { realClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import {
  assertGone,
  failureOf,
  fixture,
  isRunning,
  readPids,
  runCommand,
  temporaryFile,
  until,
} from '../../helpers/children.js'

const timeout = new Failure('timeout', 'transient', 'No answer within 200ms')

const endsOnAbort = test.macro(async (t, program: string, killAfter: number) => {
  const file = temporaryFile('pids')
  const controller = new AbortController()
  const running = failureOf(runCommand([fixture(program), file], '{}', { signal: controller.signal, killAfter }))
  const pids = await readPids(t, file)
  t.true(pids.every(isRunning))
  controller.abort(timeout)
  t.is((await running).kind, 'timeout')
  await assertGone(t, pids)
})

test('a command that hangs ends on TERM', endsOnAbort, 'hangs.sh', 60_000)
test('a command that waits for its child ends with it', endsOnAbort, 'waits-for-sleeper.sh', 60_000)
test('a command that ignores TERM is killed with its child', endsOnAbort, 'ignores-term.sh', 20)

test('groups of their own in the session end too', endsOnAbort, 'makes-groups.sh', 60_000)

test('a child that holds none of our pipes is not waited for, and is killed in any process group', async t => {
  const file = temporaryFile('pids')
  t.deepEqual(await runCommand([fixture('leaves-quiet-sleepers.sh'), file]), ['{"done":true}\n'])
  await assertGone(t, await readPids(t, file))
})

test('an output is whole when everybody has closed it', async t => {
  const many = ['bash', '-c', 'seq 100000 > >(sort -rn)']
  for (let round = 0; round < 5; round++) {
    const lines = await runCommand(many, '{}', { multi: true })
    t.is(lines.length, 100_000)
    t.is(lines[0], '100000\n')
  }
})

test('what a child left behind writes still counts, however late', async t => {
  t.deepEqual(await runCommand([fixture('forks-late-writer.sh')]), ['{"late":true}\n'])
})

test('a process that holds an output open is named, and at the timeout the call fails without a retry', async t => {
  const file = temporaryFile('pids')
  const controller = new AbortController()
  const told: unknown[] = []
  const hasty = { ...realClock, after: (ms: number, callback: () => void) => realClock.after(ms / 100, callback) }
  const heard = new Promise<void>(resolve => {
    const options = {
      signal: controller.signal,
      clock: hasty,
      onHeld: (number: number, members: readonly object[]) => {
        told.push(number, members)
        resolve()
      },
    }
    void failureOf(runCommand([fixture('forks-sleeper.sh'), file], '{}', options)).then(failure => told.push(failure))
  })
  const pids = await readPids(t, file)
  await heard
  t.is(told[0], 7)
  if (process.platform === 'linux') t.like(told[1], [{ pid: pids[1], program: 'sleep' }])
  t.true(isRunning(pids[1] ?? 0))
  controller.abort(timeout)
  await until(t, 'the call fails', () => told.length === 3)
  t.like(told[2], { kind: 'timeout', failureClass: 'permanent', facts: { exit: 0, output: '{"done":true}\n' } })
  t.regex((told[2] as Failure).message, /^No answer within 200ms: .* exited with 0.*to \/dev\/null$/)
  await assertGone(t, pids)
})

test('a process that holds the output of a failed command is not waited for', async t => {
  const file = temporaryFile('pids')
  const failure = await failureOf(runCommand(['sh', '-c', 'sleep 1000 & echo "$$ $!" >"$1"; exit 3', 'sh', file]))
  t.like(failure, { kind: 'exit', facts: { exit: 3 } })
  await assertGone(t, await readPids(t, file))
})

test('a writer that never ends after its command has failed is not waited for', async t => {
  const started = performance.now()
  // More than it can write in the time, so that no limit ends it.
  const failure = await failureOf(runCommand([fixture('leaves-endless-writer.sh')], '{}', { maxResponse: 2 ** 40 }))
  t.like(failure, { kind: 'exit', facts: { exit: 3 } })
  t.true(performance.now() - started < 30_000)
})

test('with --pass a process that holds the output is not waited for', async t => {
  const file = temporaryFile('pids')
  t.deepEqual(await runCommand([fixture('forks-sleeper.sh'), file], '{}', { pass: true }), [])
  await assertGone(t, await readPids(t, file))
})

test('on TERM the children have the time to clean up too, even without our pipes', async t => {
  const [pids, cleaned] = [temporaryFile('pids'), temporaryFile('cleaned')]
  const controller = new AbortController()
  const argv = [fixture('cleans-up-on-term.sh'), pids, cleaned]
  const running = failureOf(runCommand(argv, '{}', { signal: controller.signal, killAfter: 20_000 }))
  const started = await readPids(t, pids)
  controller.abort(timeout)
  t.is((await running).kind, 'timeout')
  t.is(readFileSync(cleaned, 'utf8'), 'cleaned\n')
  await assertGone(t, started)
})

test('a command that writes without end is ended and its memory bounded', async t => {
  const file = temporaryFile('pids')
  const before = process.memoryUsage().rss
  const failure = await failureOf(runCommand([fixture('floods-stdout.sh'), file], '{}', { maxResponse: 1024 * 1024 }))
  t.is(failure.kind, 'output_too_large')
  t.is(failure.failureClass, 'permanent')
  t.true(process.memoryUsage().rss - before < 100 * 1024 * 1024)
  await assertGone(t, await readPids(t, file))
})

test('the children of many calls at once all end, without a warning about listeners', async t => {
  const warnings: Error[] = []
  const listen = (warning: Error) => warnings.push(warning)
  process.on('warning', listen)
  const controller = new AbortController()
  const files = Array.from({ length: 15 }, () => temporaryFile('pids'))
  const running = files.map(file => failureOf(runCommand([fixture('hangs.sh'), file], '{}', controller)))
  const pids = await Promise.all(files.map(file => readPids(t, file)))
  controller.abort(timeout)
  t.true((await Promise.all(running)).every(({ kind }) => kind === 'timeout'))
  await assertGone(t, pids.flat())
  process.off('warning', listen)
  t.deepEqual(warnings, [])
})

test.serial('every group can be killed at once', async t => {
  const file = temporaryFile('pids')
  const child: ChildProcess = spawn(fixture('ignores-term.sh'), [file], { detached: true })
  const gone = new Promise(resolve => superviseGroup(child, { clock: realClock, killAfter: 60_000 }, resolve))
  const pids = await readPids(t, file)
  killAllGroups('SIGKILL')
  t.deepEqual(await gone, { code: null, signal: 'SIGKILL' })
  await assertGone(t, pids)
})

test.serial('a group that is gone is never signalled again', async t => {
  const sent: unknown[] = []
  const { kill } = process
  process.kill = (pid, signal) => {
    sent.push([pid, signal])
    return kill.call(process, pid, signal)
  }
  t.teardown(() => {
    process.kill = kill
  })
  const child = spawn('true', [], { detached: true })
  const pid = child.pid as number
  const gone = new Promise(resolve => superviseGroup(child, { clock: realClock, killAfter: 60_000 }, resolve))
  const [code] = await once(child, 'exit')
  t.is(code, 0)
  await gone
  killAllGroups('SIGTERM')
  t.deepEqual(
    sent.filter(entry => Array.isArray(entry) && entry[0] === -pid),
    [[-pid, 0]],
  )
})
