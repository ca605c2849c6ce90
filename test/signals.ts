import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { assertGone, readPids } from './helpers/children.js'
import { start } from './helpers/cli.js'

/** A run with one call that does not end; gives the process numbers of all that runs for it. */
const hang = async (t: ExecutionContext) => {
  const script = 'set -m; sleep 1000 & echo "$$ $!" >pids; wait'
  const run = start(t, ['map', '-j', '1', '--', 'bash', '-c', script])
  run.child.stdin.write('1\n')
  return { ...run, pids: await readPids(t, join(run.cwd, 'pids')) }
}

for (const signal of ['SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGXCPU', 'SIGABRT', 'SIGSYS'] as const) {
  test(`${signal} ends what was started, and then the run by the same signal`, async t => {
    const { child, finished, pids } = await hang(t)
    child.kill(signal)
    const { exitCode, signal: endedBy } = await finished
    t.is(exitCode, undefined)
    t.is(endedBy, signal)
    await assertGone(t, pids)
  })
}

test('SIGUSR1 opens no debugger and does nothing else', async t => {
  const { child, finished, pids } = await hang(t)
  child.kill('SIGUSR1')
  child.kill('SIGTERM')
  child.kill('SIGTERM')
  const { exitCode, stderr } = await finished
  t.is(exitCode, 143)
  t.notRegex(stderr, /Debugger/)
  await assertGone(t, pids)
})
