import { join } from 'node:path'
import test from 'ava'
import { assertGone, readPids } from '../../helpers/children.js'
import { records, shell, streamz } from '../../helpers/cli.js'
import { kindsIn } from '../../helpers/flags.js'

test('what a process substitution writes after the command has exited is there to the last line', async t => {
  const script = `streamz map -j 1 --multi -- bash -c 'seq 200000 > >(sort -rn)' | wc -l`
  const { stdout, stderr } = await shell(t, script, { stdin: '{}\n{}\n' })
  t.is(String(stdout).trim(), '400000')
  t.is(stderr, '')
})

test('a daemon that has redirected its output is not waited for, and gone afterwards', async t => {
  const script = 'sleep 1000 >/dev/null 2>&1 & echo "$$ $!" >pids; echo 1'
  const { stdout, stderr, exitCode, cwd } = await streamz(t, ['map', '--', 'bash', '-c', script], { stdin: '{}\n' })
  t.deepEqual([String(stdout), stderr, exitCode], ['1\n', '', 0])
  await assertGone(t, await readPids(t, join(cwd, 'pids')))
})

test('a daemon that holds the output is named, and its answer is a failure at the timeout, tried once', async t => {
  const script = 'echo called >&2; sleep 1000 & echo "$$ $!" >pids; echo 1'
  const args = ['map', '--timeout', '6s', '--retries', '2', '--kill-after', '100ms', '--', 'bash', '-c', script]
  const { stdout, stderr, exitCode, cwd } = await streamz(t, args, { stdin: '{}\n' })
  t.is(exitCode, 1)
  t.is(String(stdout), '')
  t.deepEqual(kindsIn(stderr), ['timeout'])
  t.is(stderr.match(/^\[1\] called$/gm)?.length, 1)
  t.regex(stderr, /The command for line 1 has exited, but (sleep \(process \d+\)|a process .*) holds its output open/)
  const [failed] = records(
    stderr
      .split('\n')
      .filter(line => line.startsWith('{'))
      .join('\n'),
  )
  t.like(failed, { error: { class: 'permanent', exit: 0, output: '1\n', stderr: 'called\n' }, attempts: 1 })
  await assertGone(t, await readPids(t, join(cwd, 'pids')))
})

test('--pass: the record itself goes on when the call succeeds', async t => {
  const script = 'sleep 1000 & echo {; test "$(cat)" != 2'
  const { stdout, stderr } = await streamz(t, ['map', '--pass', '--', 'bash', '-c', script], {
    stdin: '{"a" : 1.0}\n2\n',
  })
  t.is(String(stdout), '{"a" : 1.0}\n')
  t.deepEqual(kindsIn(stderr), ['exit'])
})
