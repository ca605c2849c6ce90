import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readSummary } from '../../helpers/account.js'
import { due, writeState } from '../../helpers/breaker-state.js'
import { until } from '../../helpers/children.js'
import { records, start, streamz } from '../../helpers/cli.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const lines = (count: number, from = 1) => Array.from({ length: count }, (_, index) => `${from + index}\n`).join('')
const numbers = (text: string) => text.split('\n').filter(Boolean).map(Number)
const sorted = (list: readonly number[]) => list.toSorted((one, other) => one - other)
const read = (cwd: string, file: string) => (existsSync(join(cwd, file)) ? readFileSync(join(cwd, file), 'utf8') : '')

/** What a script does for each record: notes it, and answers only while the service is up. */
const service = 'read -r n; echo $n >>called; sleep 0.01; [ -e up ] || exit 75; echo $n'
const lineK = (stderr: string) => Number(/from line (\d+)/.exec(stderr)?.[1] ?? 0)

const cron = test.macro(async (t: ExecutionContext, order: readonly string[]) => {
  const cwd = makeFolder(t)
  const total = 120
  const state = ['--state', 's.json', '--open-for', '1ms', '--consecutive', '5', '--probes', '1']
  let next = 1
  let delivered = ''
  for (let run = 1; next <= total; run++) {
    if (run === 4) writeFileSync(join(cwd, 'up'), '')
    const args = [
      'breaker',
      ...state,
      ...order,
      '-j',
      '3',
      '--on-open',
      'fail',
      '--dlq',
      'f',
      '--',
      'sh',
      '-c',
      service,
    ]
    const { stdout, stderr, exitCode } = await streamz(t, args, { cwd, stdin: lines(total - next + 1, next) })
    delivered += stdout
    if (exitCode !== 75) break
    t.true(run < 4, stderr)
    next += lineK(stderr) - 1
  }
  const dead = records(read(cwd, 'f')).map(entry => (entry as { record: number }).record)
  const called = new Set(numbers(read(cwd, 'called')))
  t.deepEqual(sorted([...numbers(delivered), ...dead]), sorted(numbers(lines(total))))
  t.true(dead.length > 0)
  if (order.length === 0)
    t.deepEqual(
      dead.filter(number => !called.has(number)),
      [],
      'never called, and in a dead-letter file',
    )
  const replay = await streamz(t, ['dlq', 'replay', 'f', '--', 'sh', '-c', service], { cwd })
  delivered += replay.stdout
  t.deepEqual(sorted(numbers(delivered)), sorted(numbers(lines(total))))
})
test('a job that goes on where the last one stopped delivers each record once: in the order of the input', cron, [])
test('a job that goes on where the last one stopped delivers each record once: as they end', cron, [
  '--order',
  'completion',
])
test('a job that goes on where the last one stopped delivers each record once: by key', cron, ['--order-by', '.'])

const dead = (cwd: string) => records(read(cwd, 'f')) as { record: number; error: { kind: string } }[]

/** Ways to cut a run, and with which code it ends; what is called are the first few records, the others wait. */
const cuts: Readonly<Record<string, { args: readonly string[]; exit: number; signal?: 'SIGINT' | 'SIGTERM' }>> = {
  'a signal': { args: [], exit: 130, signal: 'SIGINT' },
  'a deadline': { args: ['--deadline', '1500ms', '--drain', '10s'], exit: 124 },
  'the brake': { args: ['--retries', '1', '--backoff', '1ms..1ms'], exit: 75 },
  '--max-fail': { args: ['--max-fail', '3', '--dlq-outage', 'off'], exit: 65 },
}
for (const [name, { args, exit, signal }] of Object.entries(cuts))
  for (const order of ['input', 'completion'])
    test(`cut by ${name}, --order ${order}: from line K on no record is in a file, before it all are`, async t => {
      const fails = name === 'the brake' || name === '--max-fail'
      const script = `read -r n; echo $n >>called; ${fails ? 'exit 75' : '[ $n -lt 8 ] || sleep 0.3; echo $n'}`
      const all = ['map', '-j', '2', '--order', order, '--dlq', 'f', '--summary', 'summary.json', ...args]
      const { child, finished, cwd } = start(t, [...all, '--', 'sh', '-c', script])
      child.stdin?.write(lines(400))
      if (signal !== undefined) {
        await until(t, 'ten records are called', () => numbers(read(cwd, 'called')).length >= 10)
        child.kill(signal)
      }
      const result = await finished
      t.is(result.exitCode, exit)
      const next = lineK(result.stderr)
      const done = numbers(String(result.stdout))
      const failed = dead(cwd).map(({ record }) => record)
      t.deepEqual(sorted([...done, ...failed]), sorted(numbers(lines(next - 1))))
      t.is(Math.max(...numbers(read(cwd, 'called'))), next - 1)
      t.like(readSummary(cwd), {
        read: 400,
        delivered: done.length,
        failed: failed.length,
        undelivered: 401 - next,
      })
    })

test('a run that pauses to its end leaves what was never called', async t => {
  const cwd = makeFolder(t)
  writeState(cwd, due)
  const args = ['breaker', '--state', 'api.json', '-j', '2', '--max-pause', '200ms', '--open-for', '1h', '--dlq', 'f']
  const { exitCode, stderr } = await streamz(t, [...args, '--', 'sh', '-c', service], { cwd, stdin: lines(50) })
  t.is(exitCode, 75)
  // The probe was called and waits for its turn; the others are as they were.
  t.deepEqual(
    dead(cwd).map(({ record, error }) => [record, error.kind]),
    [[1, 'cancelled']],
  )
  t.regex(stderr, /undelivered=49 from line 2$/m)
})

test('a stage in a pipe says how far it got, also with nothing undelivered', async t => {
  const { child, finished } = start(t, ['map', '-j', '2', '--', 'cat'])
  let out = ''
  child.stdout?.on('data', chunk => {
    out += chunk
  })
  child.stdin?.write(lines(5))
  await until(t, 'five results are out', () => numbers(out).length >= 5)
  child.kill('SIGINT')
  t.regex((await finished).stderr, /Stopped by SIGINT; undelivered=0 from line 6$/m)
})
