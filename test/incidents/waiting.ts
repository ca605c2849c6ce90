import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { streamz } from '../helpers/cli.js'
import { makeFolder } from '../helpers/temporary-folder.js'

const records = (count: number) => '{"id":1}\n'.repeat(count)

test('a quota that another job has used up: how long the run waited, for what, and who had most of it', async t => {
  const cwd = makeFolder(t)
  const limit = ['throttle', '--rate', '10/h', '--burst', '10', '--state', 'quota.json']
  await streamz(t, [...limit, '--stage', 'nightly.sh', '--mode', 'drop'], { cwd, stdin: records(50) })
  const run = await streamz(t, [...limit, '--deadline', '1s'], { cwd, stdin: records(3) })
  t.is(run.exitCode, 124)
  t.regex(
    run.stderr,
    /^streamz throttle: Waited \d+s of \d+s for quota\.json; 100% went to \S+ on \S+ \(nightly\.sh\)\n/,
  )
  const status = await streamz(t, ['throttle', 'status', 'quota.json'], { cwd })
  t.regex(
    String(status.stdout).replaceAll('\n', ' '),
    /^quota\.json is used up: the next record may pass at \d\d:\d\d:\d\d \S+ \(in \S+\); 100% went to \S+ on \S+ \(nightly\.sh\)/,
  )
})

test('a quota of calls that another job has used up: the same words', async t => {
  const cwd = makeFolder(t)
  const calls = ['map', '-j', '1', '--rate', '10/h burst 10', '--rate-state', 'quota.json', '--js', 'r => r']
  const first = await streamz(t, [...calls, '--stage', 'nightly.sh'], { cwd, stdin: records(10) })
  t.is(first.exitCode, 0)
  const run = await streamz(t, [...calls, '--deadline', '1s'], { cwd, stdin: records(3) })
  t.is(run.exitCode, 124)
  t.regex(run.stderr, /streamz map: Waited \d+s of \d+s for quota\.json; 100% went to \S+ on \S+ \(nightly\.sh\)\n/)
})

test('the dead-letter file is full: which, how many are in it and how many went to stderr; stats and compact work', async t => {
  const cwd = makeFolder(t)
  const args = ['map', '-j', '1', '--dlq', 'failed.ndjson', '--dlq-max', '2KiB', '--', 'false']
  const run = await streamz(t, args, { cwd, stdin: records(100) })
  t.is(run.exitCode, 74)
  const [, line, kept, elsewhere, next, compact, from] =
    /^streamz map: Stopped at line (\d+): failed\.ndjson has 1\.\dKiB of --dlq-max 2KiB and no room for \S+ more; (\d+) are in failed\.ndjson, (\d+) went to standard error\. What is in it: streamz (.*?); .* streamz (dlq compact \S+); undelivered=\d+ from line (\d+)\n$/m.exec(
      run.stderr,
    ) ?? []
  t.is(line, from, run.stderr)
  // Each once, in one of both places.
  t.is(run.stderr.split('"$streamz":"error/1"').length - 1, Number(elsewhere))
  t.is(readFileSync(join(cwd, 'failed.ndjson'), 'utf8').split('\n').length - 1, Number(kept))
  t.is(run.stderr.split('went to standard error').length - 1, 1)
  const stats = await streamz(t, (next ?? '').split(' '), { cwd })
  t.is(stats.exitCode, 0)
  t.regex(String(stats.stdout), /^failed\.ndjson: \d entries, .*waiting/)
  t.is((await streamz(t, (compact ?? '').split(' '), { cwd })).exitCode, 0)
})

test('a gate that stays closed: nothing was read, what the check says, since when, how often it asked', async t => {
  const cwd = makeFolder(t)
  const gate = ['gate', '--cmd', 'test -f healthy', '--interval', '50ms', '--rise', '1']
  const run = await streamz(t, [...gate, '--max-wait', '2s'], { cwd, stdin: records(3) })
  t.is(run.exitCode, 75)
  t.regex(
    run.stderr,
    /^streamz gate: Nothing read: the --cmd exits 1, asked \d+ times since \d\d:\d\d:\d\d [+-]\d\d:\d\d; not healthy within --max-wait; try again later\n$/m,
  )
  t.is(run.stderr.split('Nothing read').length - 1, 1)
  writeFileSync(join(cwd, 'healthy'), '')
  t.is((await streamz(t, gate, { cwd, stdin: records(3) })).exitCode, 0)
})

test('a worker that holds its answers back: each record was sent and none answered; unbuffered it works', async t => {
  const worker = (...command: string[]) =>
    streamz(t, ['map', '--worker', '--start-timeout', '2s', '-j', '1', '--failures', 'text', '--', ...command], {
      stdin: records(2),
    })
  // `sed` writes in blocks when its output is no terminal.
  const run = await worker('sed', 's/1/2/')
  t.is(run.exitCode, 1)
  t.regex(
    run.stderr,
    /^streamz map: line 1: timeout: No first answer within 2s of --start-timeout; .*does it buffer its output\? Try sed -u$/m,
  )
  const next = await worker('sed', '-u', 's/1/2/')
  t.is(next.exitCode, 0)
  t.is(String(next.stdout), '{"id":2}\n'.repeat(2))
})
