import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { assertGone, fixture } from '../../helpers/children.js'
import { streamz } from '../../helpers/cli.js'
import { attemptsIn, kindsIn } from '../../helpers/flags.js'

const readSummary = (folder: string) => JSON.parse(readFileSync(join(folder, 'summary'), 'utf8'))

test('every misbehaviour fails its own record alone, and nothing is left running', async t => {
  const input = [
    '1',
    '"hang"',
    '3',
    '"die"',
    '5',
    '"half"',
    '"two"',
    '8',
    '"kill"',
    '"last"',
    '11',
    '"text"',
    '"fork"',
    '"deaf"',
    '15',
  ]
  const args = [
    '-j',
    '1',
    '--timeout',
    '2s',
    '--start-timeout',
    '2s',
    '--kill-after',
    '50ms',
    '--failures',
    'brief',
    '--summary',
    'summary',
  ]
  const run = await streamz(t, ['map', '--worker', ...args, '--', fixture('worker.sh'), 'pids'], {
    stdin: input.join('\n'),
  })
  t.deepEqual(String(run.stdout).trim().split('\n'), ['1', '3', '5', '8', '"last"', '11', '"fork"', '15'])
  const failures = run.stderr.split('\n').filter(line => line.startsWith('line '))
  t.deepEqual(failures, [
    'line 2: timeout',
    'line 4: worker_died',
    'line 6: worker_died',
    'line 7: output_parse',
    'line 9: worker_died',
    'line 12: output_parse',
    'line 14: timeout',
  ])
  t.regex(run.stderr, /^\[6\] cannot go on$/m)
  const { read, delivered, failed, undelivered } = readSummary(run.cwd)
  t.deepEqual({ read, delivered, failed, undelivered }, { read: 15, delivered: 8, failed: 7, undelivered: 0 })
  t.is(run.exitCode, 1)
  await assertGone(t, readFileSync(join(run.cwd, 'pids'), 'utf8').trim().split('\n').map(Number))
})

test('many records keep their order over several workers', async t => {
  const input = Array.from({ length: 2000 }, (_, index) => `{"id":${index},"big":12345678901234567890}\n`).join('')
  for (const pipeline of ['1', '50']) {
    const { stdout, exitCode } = await streamz(t, ['map', '-j', '3', '--worker', '--pipeline', pipeline, '--', 'cat'], {
      stdin: input,
    })
    t.true(String(stdout) === input)
    t.is(exitCode, 0)
  }
})

test('retries give the record to a new worker', async t => {
  // Dies at its first record, once.
  const script = 'while read -r l; do if [ -e been ]; then echo "$l"; else : >been; exit 1; fi; done'
  const args = ['map', '-j', '1', '--worker', '--shell', '--retries', '1', '--backoff', '1ms..1ms', '--', script]
  const { stdout, exitCode } = await streamz(t, args, { stdin: '1\n2\n' })
  t.is(String(stdout), '1\n2\n')
  t.is(exitCode, 0)
})

test('results can be put into the record', async t => {
  const { stdout } = await streamz(t, ['map', '--worker', '--into', '.copy', '--', 'cat'], { stdin: '{"a":1.0}\n' })
  t.is(String(stdout), '{"a":1.0,"copy":{"a":1.0}}\n')
})

test('a record without a value for --correlate is not sent to the worker', async t => {
  const { stderr } = await streamz(t, ['map', '--worker', '--correlate', '.id', '--', 'cat'], { stdin: '{bad\n{}\n' })
  t.deepEqual(
    [kindsIn(stderr), attemptsIn(stderr)],
    [
      ['parse', 'field'],
      [0, 0],
    ],
  )
})

const refused = test.macro(async (t, args: string[], message: RegExp) => {
  const { stdout, stderr, exitCode } = await streamz(t, ['map', ...args], { stdin: '1\n' })
  t.is(exitCode, 2)
  t.is(String(stdout), '')
  t.regex(stderr, message)
})

test('--worker and --multi are refused', refused, ['--worker', '--multi', '--', 'cat'], /--multi/)
test('--worker and fields in arguments are refused', refused, ['--worker', '--', 'grep', '{.a}'], /started once/)
test('--pipeline without --worker is refused', refused, ['--pipeline', '2', '--', 'cat'], /needs --worker/)

test('a worker that is not there is found out before anything is read', async t => {
  const { stderr, exitCode } = await streamz(t, ['map', '--worker', '--', 'no-such-program'], { stdin: '1\n' })
  t.is(exitCode, 127)
  t.regex(stderr, /nothing was read/)
})

const inOne = ['map', '--worker', '-j', '1', '--failures', 'brief']

test('a worker with many in flight refuses one of them, and no other fails', async t => {
  const script = `const rl = require('readline').createInterface({ input: process.stdin })
rl.on('line', line => console.log(line === '7' ? '{"$streamz":"reject"}' : line === '9' ? '  9  ' : line))`
  const args = [...inOne, '--pipeline', '20', '--', process.execPath, '-e', script]
  const input = Array.from({ length: 30 }, (_, index) => `${index + 1}\n`)
  const { stdout, stderr } = await streamz(t, args, { stdin: input.join('') })
  t.is(String(stdout), input.filter(line => line !== '7\n').join(''))
  t.deepEqual(
    stderr.split('\n').filter(line => line.startsWith('line ')),
    ['line 7: script'],
  )
})

test('a worker that asks to be left alone gets the record again, and the order stays', async t => {
  const script = `let asked = 0
require('readline').createInterface({ input: process.stdin }).on('line', line =>
  console.log(line === '5' && asked++ < 2 ? '{"$streamz":"reject","class":"throttled","retry_after_ms":20}' : line))`
  const input = Array.from({ length: 60 }, (_, index) => `${index + 1}\n`).join('')
  for (const pipeline of ['1', '8']) {
    const args = [...inOne, '--pipeline', pipeline, '--summary', 'summary', '--', process.execPath, '-e', script]
    const { stdout, stderr, cwd, exitCode } = await streamz(t, args, { stdin: input })
    t.is(String(stdout), input, stderr)
    t.is(exitCode, 0)
    t.is(readSummary(cwd).delivered, 60)
  }
})

test('the death of a worker fails what it had, and the next one goes on', async t => {
  const args = [...inOne, '--pipeline', '4', '--summary', 'summary', '--', fixture('worker.sh'), 'pids']
  const input = ['1', '2', '3', '"die"', '5', '6', '7', '8', '9', '10', '11', '12', '13'].join('\n')
  const run = await streamz(t, args, { stdin: `${input}\n` })
  const { read, delivered, failed, undelivered, failed_by_kind: kinds } = readSummary(run.cwd)
  t.is(read, 13)
  t.is(undelivered, 0)
  t.is(delivered + failed, 13)
  t.deepEqual(kinds, { worker_died: failed })
  t.true(failed >= 1 && failed <= 4)
  t.is(String(run.stdout).split('\n').length - 1, delivered)
})

test('what was given to a worker at one time is late at one time', async t => {
  const args = [...inOne, '--pipeline', '3', '--timeout', '100ms', '--kill-after', '50ms']
  const { stdout, stderr } = await streamz(t, ['map', ...args.slice(1), '--', fixture('worker.sh'), 'pids'], {
    stdin: '1\n"hang"\n3\n4\n5\n',
  })
  t.is(String(stdout), '1\n5\n')
  t.deepEqual(kindsIn(stderr), [])
  t.deepEqual(
    stderr.split('\n').filter(line => line.startsWith('line ')),
    ['line 2: timeout', 'line 3: timeout', 'line 4: timeout'],
  )
})
