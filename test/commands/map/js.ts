import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { records, start, streamz } from '../../helpers/cli.js'
import { attemptsIn, kindsIn } from '../../helpers/flags.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

// The two ways through: tasks of many lines, and a call per record.
const ways: Readonly<Record<string, readonly string[]>> = { tasks: [], calls: ['--record-deadline', '1h'] }

const counters = (folder: string) => {
  const { read, delivered, filtered, failed, undelivered, failed_by_kind, calls } = JSON.parse(
    readFileSync(join(folder, 'summary'), 'utf8'),
  )
  return { read, delivered, filtered, failed, undelivered, kinds: failed_by_kind, calls: calls.count }
}

for (const [way, flags] of Object.entries(ways)) {
  const run = (t: Parameters<typeof streamz>[0], args: string[], stdin: string | Uint8Array, cwd = makeFolder(t)) =>
    streamz(t, ['map', ...flags, '--failures', 'brief', '--summary', 'summary', ...args], { stdin, cwd })

  test(`${way}: an unchanged record leaves as its own bytes, a changed one as new JSON`, async t => {
    const input = '{"id":12345678901234567890, "x": 1.0}\n{"a":1,"a":2}\n{"s":"\\u00e9 é"}\r\n'
    t.is(String((await run(t, ['--js', 'r => r'], input)).stdout), input)
    const changed = await run(t, ['--js', 'r => { if (r.a) r.a = 3; return r }'], input)
    t.is(String(changed.stdout), '{"id":12345678901234567890, "x": 1.0}\n{"a":3}\n{"s":"\\u00e9 é"}\r\n')
    const added = await run(t, ['--js', 'r => ({...r, n: 1})'], '{"x": 1.0}\n')
    t.is(String(added.stdout), '{"x":1,"n":1}\n')
  })

  test(`${way}: undefined filters, a throw and a result that is no JSON fail, and it adds up`, async t => {
    const script =
      '(r, {line, attempt}) => ({ keep: { line, attempt }, drop: undefined, big: 1n, fn: () => 1, cycle: globalThis })[r] ?? (r === "drop" ? undefined : nothing[r])'
    const input = '"keep"\n"drop"\nnot json\n"big"\n"fn"\n"cycle"\n"secret"\n"keep"\n'
    const { stdout, stderr, exitCode, cwd } = await run(t, ['-j', '2', '--js', script], input)
    t.is(String(stdout), '{"line":1,"attempt":1}\n{"line":8,"attempt":1}\n')
    t.is(exitCode, 1)
    t.deepEqual(
      stderr.split('\n').filter(line => line.startsWith('line ')),
      ['line 3: parse', 'line 4: script', 'line 5: script', 'line 6: script', 'line 7: script'],
    )
    t.like(counters(cwd), {
      read: 8,
      delivered: 2,
      filtered: 1,
      failed: 5,
      undelivered: 0,
      kinds: { parse: 1, script: 4 },
    })
  })

  test(`${way}: no call is made for what is no JSON, and none is counted`, async t => {
    const args = ['map', ...flags, '--js', 'r => nothing[r]']
    const { stderr } = await streamz(t, args, { stdin: '{bad\n"good"\n' })
    t.deepEqual(
      [kindsIn(stderr), attemptsIn(stderr)],
      [
        ['parse', 'script'],
        [0, 1],
      ],
    )
  })

  test(`${way}: a loop is ended and fails its own record alone`, async t => {
    const script = 'r => { while (r === 3); return r }'
    const input = Array.from({ length: 8 }, (_, index) => `${index}\n`).join('')
    const { stdout, stderr, cwd } = await run(t, ['-j', '2', '--timeout', '300ms', '--js', script], input)
    t.deepEqual(records(stdout), [0, 1, 2, 4, 5, 6, 7])
    t.regex(stderr, /^line 4: timeout$/m)
    t.like(counters(cwd), { read: 8, delivered: 7, failed: 1, undelivered: 0 })
  })

  test(`${way}: --multi makes several records of an array`, async t => {
    const { stdout, cwd } = await run(t, ['--multi', '--js', 'r => Array(r).fill(r)'], '0\n1\n2\n')
    t.deepEqual(records(stdout), [1, 2, 2])
    t.like(counters(cwd), { read: 3, delivered: 3, filtered: 0 })
  })

  test(`${way}: order and bytes hold over many records and threads`, async t => {
    const input = Array.from(
      { length: 3000 },
      (_, index) => `{"n": ${index}, "pad":"${'é'.repeat(index % 97)}"}\n`,
    ).join('')
    const { stdout, cwd } = await run(t, ['-j', '3', '--js', 'r => r.n % 3 === 0 ? undefined : r'], input)
    const wanted = input.split('\n').filter((line, index) => line !== '' && index % 3 !== 0)
    t.true(String(stdout) === `${wanted.join('\n')}\n`)
    t.deepEqual(counters(cwd), {
      read: 3000,
      delivered: 2000,
      filtered: 1000,
      failed: 0,
      undelivered: 0,
      kinds: {},
      calls: 3000,
    })
  })

  test(`${way}: results larger than the memory of a thread come through, up to --max-response`, async t => {
    const script = 'r => "é".repeat(r)'
    const { stdout, stderr } = await run(
      t,
      ['--max-response', '1MB', '--js', script],
      '1\n400000\n2\n400000\n600000\n3\n',
    )
    t.deepEqual(
      records(stdout),
      [1, 400_000, 2, 400_000, 3].map(count => 'é'.repeat(count)),
    )
    t.regex(stderr, /^line 5: output_too_large$/m)
  })

  test(`${way}: what the script prints goes to stderr, process.exit and stray errors fail one record`, async t => {
    const script = `async r => { console.log('seen ' + r); if (r === 2) process.exit(); if (r === 4) { setTimeout(() => { throw new Error('x') }); await new Promise(() => {}) } return r }`
    const { stdout, stderr } = await run(t, ['-j', '1', '--js', script], '1\n2\n3\n4\n5\n')
    t.deepEqual(records(stdout), [1, 3, 5])
    t.regex(stderr, /^\[1\] seen 1\n\[2\] seen 2$/m)
    t.regex(stderr, /^line 2: script$/m)
    t.regex(stderr, /^line 4: script$/m)
  })

  test(`${way}: a module may be async, invalid UTF-8 is a failure`, async t => {
    const cwd = makeFolder(t)
    writeFileSync(join(cwd, 'enrich.mjs'), 'export default async record => ({ ...record, seen: await true })\n')
    const input = Buffer.concat([Buffer.from('{"a":1}\n{"b":"'), Buffer.of(0xff), Buffer.from('"}\n{"c":1}\n')])
    const { stdout, stderr } = await run(t, ['--module', './enrich.mjs'], input, cwd)
    t.is(String(stdout), '{"a":1,"seen":true}\n{"c":1,"seen":true}\n')
    t.regex(stderr, /^line 2: parse$/m)
  })
}

test('a message holds nothing of the record, the words of the error are kept apart', async t => {
  const { stderr } = await streamz(t, ['map', '--js', 'r => { throw new TypeError(r) }'], { stdin: '"secret"\n' })
  const { error } = JSON.parse(stderr.split('\n')[0] ?? '')
  t.is(error.message, 'Script threw TypeError at --js:1:14')
  t.is(error.class, 'permanent')
  t.regex(error.stderr, /^TypeError: secret\n {4}at --js:1:14$/)
})

test('the id is that of the failure record', async t => {
  const flags = ['map', '--failures', 'full', '--js', '(r, c) => { if (r.fail) throw 1; return c.id }']
  const hashed = await streamz(t, flags, { stdin: '{"fail":0}\n{"fail":1}\n' })
  t.regex(String(hashed.stdout), /^"[0-9a-f]{32}"\n$/)
  const named = await streamz(t, [...flags, '--id', '.name'], { stdin: '{"name":"order-1"}\n' })
  t.is(String(named.stdout), '"order-1"\n')
})

test('retries try again with the next attempt', async t => {
  const script = '(r, c) => { while (c.attempt === 1); return c.attempt }'
  const flags = ['--timeout', '200ms', '--retries', '1', '--backoff', '1ms..1ms']
  const { stdout, exitCode } = await streamz(t, ['map', ...flags, '--js', script], { stdin: '1\n' })
  t.is(String(stdout), '2\n')
  t.is(exitCode, 0)
})

const refused = test.macro(async (t, args: string[], message: RegExp) => {
  const { stdout, stderr, exitCode } = await streamz(t, ['map', ...args], { stdin: '1\n' })
  t.is(exitCode, 2)
  t.is(String(stdout), '')
  t.regex(stderr, message)
})

test('an expression that does not compile is refused', refused, ['--js', 'r => {'], /not a JavaScript expression/)
test('an expression that is not a function is refused', refused, ['--js', '1 + 1'], /not a function/)
test('an expression that cannot be evaluated is refused', refused, ['--js', 'r.x'], /ReferenceError/)
test('a module that is not there is refused', refused, ['--module', './no-such.mjs'], /no such file/)
test('--js and a COMMAND are refused', refused, ['--js', 'r => r', '--', 'cat'], /one or the other/)
test('--js and --raw are refused', refused, ['--js', 'r => r', '--raw'], /--raw/)
test('--js and --worker are refused', refused, ['--js', 'r => r', '--worker'], /--worker/)
test('--js and --module are refused', refused, ['--js', 'r => r', '--module', 'x'], /together/)

for (const [way, flags] of Object.entries(ways)) {
  test(`${way}: a signal settles everything that was begun, and nothing is lost`, async t => {
    const cwd = makeFolder(t)
    const script = 'async r => { console.log(`at ` + r); if (r > 3) await new Promise(() => {}); return r }'
    const args = [
      'map',
      ...flags,
      '-j',
      '1',
      '--drain',
      '2s',
      '--kill-after',
      '1900ms',
      '--summary',
      'summary',
      '--js',
      script,
    ]
    const { child, finished } = start(t, args, { cwd })
    child.stdin.write('1\n2\n3\n4\n5\n6\n')
    child.stderr.on('data', chunk => {
      if (String(chunk).includes('at 4')) child.kill('SIGTERM')
    })
    const { stdout, exitCode } = await finished
    t.is(exitCode, 143)
    t.deepEqual(records(stdout), [1, 2, 3])
    const { read, delivered, failed, undelivered } = counters(cwd)
    t.is(delivered, 3)
    t.is(read, delivered + failed + undelivered)
  })
}
