import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'

const temporaryFolder = (t: ExecutionContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'streamz-throttle-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

type Result = { code: number | null; stdout: string; stderr: string; arrivals: readonly number[] }

/** Runs throttle and notes when each line came out. */
const throttle = (args: readonly string[], input: string, cwd: string) =>
  new Promise<Result>((resolve, reject) => {
    const child = spawn(process.execPath, [join(process.cwd(), 'dist/streamz.cjs'), 'throttle', ...args], {
      cwd,
      timeout: 30_000,
    })
    let stdout = ''
    let stderr = ''
    const arrivals: number[] = []
    child.stdout.on('data', chunk => {
      stdout += chunk
      for (const _ of String(chunk).matchAll(/\n/g)) arrivals.push(Date.now())
    })
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr, arrivals }))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })

test('a limit used up by one run holds for the next', async t => {
  const folder = temporaryFolder(t)
  const first = await throttle(['--rate', '1/h', '--state', 'q.json'], '1\n', folder)
  t.is(first.stdout, '1\n', first.stderr)
  const second = await throttle(['--rate', '1/h', '--state', 'q.json', '--mode', 'drop'], '2\n', folder)
  t.is(second.stdout, '', 'without the state it would pass')
  t.is(second.code, 0, second.stderr)
  const third = await throttle(['--rate', '1/h', '--state', 'q.json', '--max-wait', '1s'], '3\n', folder)
  t.is(third.stdout, '')
  t.is(third.code, 1)
  t.true(third.stderr.includes('"kind":"throttled"'), third.stderr)
})

test('two runs in sequence and four at once keep to one limit', async t => {
  const folder = temporaryFolder(t)
  const args = ['--rate', '10/s', '--state', 'q.json']
  const results: Result[] = []
  for (const _ of [1, 2]) results.push(await throttle(args, '1\n2\n3\n', folder))
  results.push(...(await Promise.all([1, 2, 3, 4].map(() => throttle(args, '1\n2\n3\n', folder)))))
  const arrivals = results.flatMap(result => result.arrivals).sort((one, other) => one - other)
  t.is(arrivals.length, 18)
  for (const { code, stderr } of results) t.is(code, 0, stderr)
  // What is seen here came through pipes and an event loop: the bound is that of the rule, with room for their delays.
  const seconds = ((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)) / 1000
  t.true(18 <= 1 + 10 * (seconds + 0.3), `18 records in ${seconds} s`)
})

const both = ['--rate', '5/h burst 5', '--rate', '6/h of .n burst 6', '--state', 'q.json', '--mode', 'drop']

test('several rates are kept at once across runs', async t => {
  const folder = temporaryFolder(t)
  const first = await throttle(both, '{"n":3}\n{"n":4}\n{"n":2}\n', folder)
  t.is(first.stdout, '{"n":3}\n{"n":2}\n', first.stderr)
  // One of the tokens and three of the records are left.
  const second = await throttle(both, '{"n":2}\n{"n":1}\n{"n":0}\n{"n":0}\n{"n":0}\n', folder)
  t.is(second.stdout, '{"n":1}\n{"n":0}\n{"n":0}\n', second.stderr)
})

test('a state of other rates is refused, in both directions, and the same rate twice is one', async t => {
  const folder = temporaryFolder(t)
  await throttle(both, '{"n":1}\n', folder)
  const kept = readFileSync(join(folder, 'q.json'), 'utf8')
  for (const args of [
    ['--rate', '9/s', '--rate', '6/h of .n burst 6'],
    ['--rate', '9/s'],
  ]) {
    const { code, stdout, stderr } = await throttle([...args, '--state', 'q.json'], '{"n":1}\n', folder)
    t.deepEqual([code, stdout], [2, ''], stderr)
    t.regex(stderr, /q\.json contains the rates "5\/h burst 5" and "6\/h of \.n burst 6", not /)
  }
  t.is(readFileSync(join(folder, 'q.json'), 'utf8'), kept)
  const twice = ['--rate', '1/h', '--rate', '1/h', '--state', 'other.json', '--mode', 'drop']
  t.is((await throttle(twice, '1\n2\n', folder)).stdout, '1\n')
  t.is((await throttle(twice, '1\n', folder)).code, 0)
  const single = ['--rate', '1/h', '--state', 'single.json', '--mode', 'drop']
  await throttle(single, '1\n', folder)
  const { code, stderr } = await throttle(['--rate', '2/h', ...single], '1\n', folder)
  t.is(code, 2)
  t.regex(stderr, /single\.json contains the only rate of a throttle, not the rates "2\/h" and "1\/h"/)
})

test('a damaged state of several rates is set aside with a message, and never guessed', async t => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'q.json'), '{"v":1,"ke')
  const { stdout, stderr, code } = await throttle(both, '{"n":1}\n', folder)
  t.deepEqual([code, stdout], [0, ''], stderr)
  t.true(stderr.includes('q.json.bad-'), stderr)
})

test('a damaged state is set aside, and nothing passes until a burst is earned', async t => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'q.json'), '{"v":1,"ke')
  const { stdout, stderr, code } = await throttle(
    ['--rate', '1/h', '--state', 'q.json', '--max-wait', '1s'],
    '1\n',
    folder,
  )
  t.is(stdout, '')
  t.is(code, 1)
  t.true(stderr.includes('q.json.bad-'), stderr)
})

test('a state that cannot be used stops the run with 74, and a limit is never guessed', async t => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'other.json'), '{"name":"not ours"}\n')
  symlinkSync('other.json', join(folder, 'link.json'))
  for (const state of ['other.json', 'link.json', 'missing/q.json']) {
    const { stdout, stderr, code } = await throttle(['--rate', '10/s', '--state', state], '1\n2\n', folder)
    t.is(stdout, '', state)
    t.is(code, 74, stderr)
    t.true(stderr.includes(state === 'link.json' ? 'other.json' : state), stderr)
    t.regex(stderr, /undelivered=\d from line 1\n$/)
  }
  t.is(readFileSync(join(folder, 'other.json'), 'utf8'), '{"name":"not ours"}\n')
  t.false(existsSync(join(folder, 'missing')))
})

test('a lock that cannot be acquired in time is exit 75', async t => {
  const folder = temporaryFolder(t)
  // Somebody on another machine holds it: nobody here can tell whether they live.
  const holder = {
    streamz: 'lock',
    token: 'x',
    pid: 1,
    started: 'x',
    boot: 'another',
    namespace: 'another',
    host: 'far',
  }
  writeFileSync(join(folder, 'q.json.lock'), `${JSON.stringify(holder)}\n`)
  const { stdout, code, stderr } = await throttle(
    ['--rate', '10/s', '--state', 'q.json', '--max-wait', '100ms'],
    '1\n',
    folder,
  )
  t.is(stdout, '')
  t.is(code, 75, stderr)
})

test('a file that holds something else is set aside and never overwritten', async t => {
  const folder = temporaryFolder(t)
  const mine = '{"v":1,"my":"own"}\n'
  writeFileSync(join(folder, 'q.json'), mine)
  const { code, stderr } = await throttle(['--rate', '10/s', '--state', 'q.json'], '1\n2\n', folder)
  t.is(code, 0, stderr)
  t.regex(stderr, /q\.json does not contain a limit; kept as q\.json\.bad-/)
  const [kept] = readdirSync(folder).filter(name => name.includes('.bad-'))
  t.is(readFileSync(join(folder, kept ?? ''), 'utf8'), mine)
})

test('a state from before there were kinds holds for the next run', async t => {
  const folder = temporaryFolder(t)
  const old = readFileSync('test/fixtures/states/throttle-without-kind', 'utf8')
  writeFileSync(join(folder, 'q.json'), old.replaceAll(/\[\d+,/g, `[${Date.now()},`))
  const args = ['--rate', '1/24h', '--key', '.id', '--mode', 'drop', '--state', 'q.json']
  const { stdout, stderr, code } = await throttle(args, '{"id":"a"}\n{"id":"b"}\n{"id":7}\n{"id":"7"}\n', folder)
  t.deepEqual([code, stdout, stderr], [0, '{"id":"b"}\n', ''])
  t.deepEqual(readdirSync(folder), ['q.json'])
  t.regex(readFileSync(join(folder, 'q.json'), 'utf8'), /"kind":"limit"/)
})

test('the state of a breaker is not taken for a limit', async t => {
  const folder = temporaryFolder(t)
  const run = promisify(execFile)
  const streamz = join(process.cwd(), 'dist/streamz.cjs')
  await run(process.execPath, [streamz, 'breaker', 'open', 'q.json', '--for', '1h'], { cwd: folder })
  const before = readFileSync(join(folder, 'q.json'), 'utf8')
  const { code, stdout, stderr } = await throttle(['--rate', '10/s', '--state', 'q.json'], '1\n', folder)
  t.is(code, 74, stderr)
  t.is(stdout, '')
  t.is(readFileSync(join(folder, 'q.json'), 'utf8'), before)
})

test('thousands of new keys are decided in a few turns', async t => {
  const folder = temporaryFolder(t)
  const input = Array.from({ length: 20_000 }, (_, n) => `{"id":${n}}\n`).join('')
  const args = ['--rate', '1/24h', '--key', '.id', '--mode', 'drop', '--state', 'q.json', '--max-keys', '100000']
  const first = await throttle(args, input, folder)
  t.is(first.stdout, input, first.stderr)
  const second = await throttle(args, input, folder)
  t.is(second.stdout, '')
})

test('a key that is in use is not forgotten before idle ones', async t => {
  const folder = temporaryFolder(t)
  const input = ['hot', 'a', 'hot', 'b', 'hot', 'c', 'hot'].map(id => `${JSON.stringify({ id })}\n`).join('')
  const args = ['--rate', '1/24h', '--key', '.id', '--mode', 'drop', '--state', 'q.json', '--max-keys', '2']
  const { stdout } = await throttle(args, input, folder)
  t.is(stdout, ['hot', 'a', 'b', 'c'].map(id => `${JSON.stringify({ id })}\n`).join(''))
})
