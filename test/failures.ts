import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { readSummary, recordOf } from './helpers/account.js'
import { pipeline, records, shell, streamz } from './helpers/cli.js'
import { makeFolder } from './helpers/temporary-folder.js'

for (const command of ['unbatch', 'batch --size 1', 'throttle --rate 1000000/s --key .k']) {
  test(`${command} stops at the failure that is one too many`, async t => {
    const args = [...command.split(' '), '--max-fail', '1', '--summary', 'summary.json']
    const { exitCode, cwd } = await streamz(t, args, { stdin: 'no\n'.repeat(100) })
    t.is(exitCode, 65)
    t.like(readSummary(cwd), { read: 100, failed: 2, undelivered: 98 })
  })
}

test('--max-fail with a percentage waits for 20 records', async t => {
  const stdin = `${'no\n'.repeat(10)}${'[1]\n'.repeat(9)}${'no\n'.repeat(30)}`
  const result = await streamz(t, ['unbatch', '--max-fail', '50%', '--summary', 'summary.json'], { stdin })
  t.is(result.exitCode, 65)
  const { failed, delivered, undelivered } = readSummary(result.cwd)
  t.is(delivered, 9)
  t.is(failed + undelivered, 40)
  t.true(failed >= 11)
})

for (const [tolerated, exit] of [
  ['50%', 0],
  ['49%', 1],
  ['2', 0],
  ['1', 1],
] as const) {
  test(`--tolerate ${tolerated} with 2 of 4 failed exits ${exit}`, async t => {
    const { exitCode } = await streamz(t, ['unbatch', '--tolerate', tolerated], { stdin: '[1]\nno\n[2]\nno\n' })
    t.is(exitCode, exit)
  })
}

test('too_long is never tolerated and keeps the beginning of the line', async t => {
  const long = `{"a":"${'x'.repeat(10_000)}"}`
  const args = ['take', '9', '--max-line', '1KiB', '--tolerate', '100%', '-q']
  const { stdout, stderr, exitCode } = await streamz(t, args, { stdin: `1\n${long}\n2\n` })
  t.deepEqual([String(stdout), exitCode], ['1\n2\n', 1])
  t.like(records(stderr)[0], { line: 2, raw: long.slice(0, 4096), error: { kind: 'too_long', length: long.length } })
})

test('failure records of earlier stages pass untouched, and look-alikes are records', async t => {
  const failures = ['{"$streamz":"error/1","record": 1 }', '{ "$streamz" : "error/9",x', '{"$streamz"\t:"error/1"}']
  const lookAlikes = ['{"$streamz":"summary/1"}', '{"a":1,"$streamz":"error/1"}', '"{\\"$streamz\\":\\"error/1\\"}"']
  const stdin = [failures[0], ...lookAlikes, ...failures.slice(1)].map(line => `${line}\n`).join('')
  const { stdout, stderr, exitCode } = await streamz(t, ['batch', '--size', '3', '--summary', '-'], { stdin })
  t.is(exitCode, 0)
  t.deepEqual(String(stdout).split('\n').toSorted(), ['', `[${lookAlikes.join(',')}]`, ...failures].toSorted())
  t.like(records(stderr)[0], { lines: 6, read: 3, upstream_failures: 3, delivered: 3 })
})

test('a wrapped record is never lost to the limit of the next stage', async t => {
  const record = `{"k":"${'é'.repeat(25)}"}`
  const stages = ['streamz unbatch --inline --max-line 64', 'streamz take 9 --max-line 64']
  const { stdout, statuses } = await pipeline(t, stages, { stdin: `${record}\n` })
  t.deepEqual(statuses, [0, 0])
  t.is(recordOf(String(stdout).trim()), record)
})

test('2>failed.ndjson keeps whole records', async t => {
  const lines = Array.from({ length: 3000 }, (_, index) => `{"n": ${index}, "pad": "${'é'.repeat(index % 50)}"}`)
  const { exitCode, cwd } = await shell(t, 'streamz unbatch -q 2>failed.ndjson', { stdin: lines.join('\n') })
  t.is(exitCode, 1)
  const kept = readFileSync(join(cwd, 'failed.ndjson'), 'utf8').trim().split('\n')
  t.deepEqual(kept.map(recordOf), lines)
})

test('--inline puts a failure in the place of its record', async t => {
  const { stdout, stderr, exitCode } = await streamz(t, ['unbatch', '--inline', '-q'], {
    stdin: '[1]\n{"no":1}\n[2]\n',
  })
  t.deepEqual([stderr, exitCode], ['', 0])
  const lines = String(stdout).trim().split('\n')
  t.deepEqual([lines[0], recordOf(lines[1] ?? ''), lines[2]], ['1', '{"no":1}', '2'])
})

test('a dead-letter file that cannot grow is 74, and its failures go whole to stderr', async t => {
  const cwd = makeFolder(t)
  const { stdout, stderr, exitCode } = await shell(
    t,
    'ulimit -f 0; printf "[1]\\nno\\n[2]\\n" | streamz unbatch --dlq failed.ndjson',
    { cwd },
  )
  t.is(exitCode, 74, stderr)
  t.is(String(stdout).slice(0, 2), '1\n')
  t.is(recordOf(stderr.split('\n').find(line => line.startsWith('{')) ?? ''), 'no')
})

test('on a terminal failures are for people, without raw escapes', async t => {
  const script = `printf '"\\033[2J"\\n' >input; script -qec "streamz unbatch --no-progress <input" /dev/null </dev/null`
  const { stdout } = await shell(t, script, { env: { TERM: 'dumb' } })
  t.regex(String(stdout), /streamz unbatch: line 1: parse: /)
  t.false(String(stdout).includes('\u001b'))
})
