import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { records, streamz } from '../../helpers/cli.js'
import { lines } from '../../helpers/map-http.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

/** Says when it was called, in milliseconds of the wall clock. */
const when = 'r => ({ ...r, at: performance.timeOrigin + performance.now() })'

/** The most that was above the bound in any window, in calls. */
const excess = (times: readonly number[], burst: number, perMs: number, slack: number): number => {
  const sorted = times.toSorted((one, other) => one - other)
  let most = -Infinity
  for (const [first, at] of sorted.entries()) {
    for (const [last, end] of sorted.entries()) {
      if (last >= first) most = Math.max(most, last - first + 1 - burst - perMs * (end - at + slack))
    }
  }
  return most
}

test('four processes keep one rate together', async t => {
  const cwd = makeFolder(t)
  const args = ['map', '-j', '4', '--rate', '40/s', '--rate-state', 'rates.json', '--js', when]
  const results = await Promise.all([1, 2, 3, 4].map(() => streamz(t, args, { stdin: lines(15), cwd })))
  const times = results.flatMap(({ stdout }) => records(stdout).map(record => (record as { at: number }).at))
  t.is(times.length, 60, results[0]?.stderr)
  // The call begins some time after its slot: what the machine adds comes on top of the 110 ms.
  t.true(excess(times, 1, 0.04, 110 + 300) <= 0)
  const took = Math.max(...times) - Math.min(...times)
  t.true(took >= (59 / 40) * 1000 - 110 - 300, `${took} ms`)
})

test('two rates are kept by one process', async t => {
  const cwd = makeFolder(t)
  const stdin = lines(30, n => ({ n, tokens: 100 }))
  const args = ['map', '-j', '4', '--rate', '100/s', '--rate', '2000/s of .tokens burst 100', '--js', when]
  const { stdout, exitCode, stderr } = await streamz(t, args, { stdin, cwd })
  t.is(exitCode, 0, stderr)
  const times = records(stdout).map(record => (record as { at: number }).at)
  // Twenty a second by their tokens.
  const took = Math.max(...times) - Math.min(...times)
  t.true(took >= 29 * 50 - 10 - 100, `${took} ms`)
})

test('other rates than those of the file are refused before anything is read', async t => {
  const cwd = makeFolder(t)
  const state = ['--rate-state', 'rates.json', '--', 'cat']
  await streamz(t, ['map', '--rate', '500/m', ...state], { stdin: '1\n', cwd })
  const { exitCode, stderr, stdout } = await streamz(t, ['map', '--rate', '400/m', '--rate', '9/s of .n', ...state], {
    stdin: '1\n',
    cwd,
  })
  t.is(exitCode, 2)
  t.is(String(stdout), '')
  t.regex(
    stderr,
    /rates\.json contains the rates "500\/m", not the rates "400\/m" and "9\/s of \.n"; use the same rates, or start again with --rate-state-reset/,
  )
})

test('a file that is not a state of rates is set aside', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'rates.json'), '{"v":1,"mine":true}\n')
  const args = ['map', '--rate', '100/s', '--rate-state', 'rates.json', '--', 'cat']
  const { exitCode, stderr } = await streamz(t, args, { stdin: '1\n', cwd })
  t.is(exitCode, 0, stderr)
  t.regex(stderr, /rates\.json does not contain a limit; kept as rates\.json\.bad-/)
  t.is(JSON.parse(readFileSync(join(cwd, 'rates.json'), 'utf8')).kind, 'limit')
})

test('a file of another kind of state is neither overwritten nor moved away, and its owner goes on', async t => {
  const cwd = makeFolder(t)
  const quota = ['map', '--rate', '100/h burst 100', '--rate-state', 'quota.json', '--', 'cat']
  await streamz(t, ['breaker', 'open', 'api.json', '--for', '1h', '--why', 'called'], { cwd })
  await streamz(t, quota, { stdin: '1\n', cwd })
  const before = new Map(['api.json', 'quota.json'].map(file => [file, readFileSync(join(cwd, file), 'utf8')]))
  const wrong: readonly (readonly [exit: number, said: RegExp, args: readonly string[]])[] = [
    [
      74,
      /api\.json holds the state of a circuit breaker and is not changed: use another file/,
      ['map', '--rate', '1/s', '--rate-state', 'api.json', '--', 'cat'],
    ],
    [74, /api\.json holds the state of a circuit breaker/, ['throttle', '--rate', '1/s', '--state', 'api.json']],
    [74, /api\.json holds the state of a circuit breaker/, ['throttle', 'status', 'api.json']],
    [
      0,
      /quota\.json holds a limit \(throttle --state, map --rate-state\) and is not changed/,
      ['breaker', '--state', 'quota.json', '--', 'cat'],
    ],
    [74, /quota\.json holds a limit/, ['breaker', '--state', 'quota.json', '--state-strict', '--', 'cat']],
    [74, /quota\.json holds a limit/, ['breaker', 'status', 'quota.json']],
    [74, /quota\.json holds a limit/, ['breaker', 'reset', 'quota.json']],
  ]
  for (const [exit, said, args] of wrong) {
    const { exitCode, stderr } = await streamz(t, args, { stdin: '1\n', cwd })
    t.regex(stderr, said, args.join(' '))
    t.is(exitCode, exit, args.join(' '))
  }
  for (const [file, text] of before) t.is(readFileSync(join(cwd, file), 'utf8'), text, file)
  t.deepEqual(
    readdirSync(cwd).filter(name => name.includes('.bad-')),
    [],
  )
})

test('the status of a limit knows its burst', async t => {
  const cwd = makeFolder(t)
  await streamz(t, ['map', '--rate', '10/h burst 10', '--rate-state', 'q.json', '--', 'cat'], {
    stdin: '1\n2\n3\n',
    cwd,
  })
  const { stdout } = await streamz(t, ['throttle', 'status', 'q.json'], { cwd })
  t.regex(String(stdout), /7 of 10 left/)
})

const refused = test.macro(async (t, args: readonly string[], message: RegExp) => {
  const { exitCode, stderr } = await streamz(t, ['map', ...args, '--', 'cat'], { stdin: '1\n' })
  t.is(exitCode, 2)
  t.regex(stderr, message)
})
test(
  '--settle needs a rate with of',
  refused,
  ['--rate', '5/s', '--settle', '.a'],
  /none was given; example: --rate '200000\/m of/,
)
test(
  '--settle needs exactly one',
  refused,
  ['--rate', '5/s of .a', '--rate', '5/s of .b', '--settle', '.a'],
  /2 were given/,
)
test(
  '--settle reads one answer',
  refused,
  ['--rate', '5/s of .a', '--settle', '.a', '--multi'],
  /--settle reads one JSON answer/,
)
test('--rate-state needs --rate', refused, ['--rate-state', 'x'], /--rate-state needs --rate/)
test('a rate with odd words', refused, ['--rate', '5/s off .a'], /--rate: "5\/s off \.a" has off \.a/)
test('a rate with of at its end', refused, ['--rate', '5/s of'], /ends after of/)
test('a rate of bytes and a field', refused, ['--rate', '5MB/s of .a'], /is a rate of bytes and cannot be combined/)
