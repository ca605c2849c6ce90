import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { records, shell, start, streamz } from '../../helpers/cli.js'
import { kindsIn } from '../../helpers/flags.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

// The two ways through: tasks of many lines, and a call per record.
const ways: Readonly<Record<string, readonly string[]>> = { tasks: [], calls: ['--record-deadline', '1h'] }

for (const [way, flags] of Object.entries(ways)) {
  const run = (t: Parameters<typeof streamz>[0], args: readonly string[], stdin: string) =>
    streamz(t, ['map', ...flags, ...args], { stdin })

  test(`${way}: a loop that prints is ended at the timeout`, async t => {
    const script = 'r => { if (r === 2) for (;;) console.log("x".repeat(100)); return r }'
    const line = `printf '1\\n2\\n3\\n' | streamz map ${flags.join(' ')} -j 1 --timeout 500ms --failures brief --js '${script}' 2>&1 | grep -v '^\\[2\\] xxx'`
    const { stdout } = await shell(t, line)
    t.deepEqual(
      String(stdout)
        .split('\n')
        .filter(text => /^(\d$|line)/.test(text)),
      ['1', 'line 2: timeout', '3'],
    )
  })

  test(`${way}: a promise that nobody awaits fails no record, is told once, and the run exits 1`, async t => {
    const script = 'r => { (async () => { throw new TypeError("S3CR3T") })(); return r }'
    const input = Array.from({ length: 6 }, (_, index) => `${index}\n`).join('')
    const { stdout, stderr, exitCode } = await run(t, ['-j', '2', '--js', script], input)
    t.is(String(stdout), input)
    t.is(exitCode, 1)
    t.deepEqual(kindsIn(stderr), [])
    t.is(stderr.match(/Script threw TypeError at --js:1:\d+, outside any call/g)?.length, 1)
    t.notRegex(stderr, /S3CR3T/)
  })

  test(`${way}: a promise of an earlier call that fails while another one runs fails neither`, async t => {
    const script = `async r => {
      if (r === 1) new Promise((_, reject) => { globalThis.fail = reject })
      if (r === 2) {
        fail(new TypeError("S3CR3T"))
        for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
        console.log("ran to its end")
      }
      return r
    }`
    const { stdout, stderr, exitCode } = await run(t, ['-j', '1', '--js', script], '1\n2\n3\n4\n')
    t.is(String(stdout), '1\n2\n3\n4\n')
    t.is(exitCode, 1)
    t.deepEqual(kindsIn(stderr), [])
    t.is(stderr.match(/ran to its end/g)?.length, 1)
    t.is(stderr.match(/Script threw TypeError at --js:\d+:\d+, outside any call/g)?.length, 1)
    t.notRegex(stderr, /S3CR3T/)
  })

  test(`${way}: a script that fails by itself after each start ends all the same`, async t => {
    const { stderr, exitCode } = await run(t, ['-j', '1', '--module', 'm.mjs'], '')
    t.is(exitCode, 2, stderr)
    const cwd = makeFolder(t)
    const source =
      'setInterval(() => { throw new Error("x") }, 1); export default async r => { await new Promise(() => {}) }'
    writeFileSync(join(cwd, 'm.mjs'), source)
    const args = ['map', ...flags, '-j', '1', '--module', 'm.mjs']
    const ended = await streamz(t, args, { stdin: '1\n2\n', cwd })
    t.deepEqual(kindsIn(ended.stderr), ['script', 'script'])
    t.is(ended.exitCode, 1)
  })

  test(`${way}: what no JSON can say is no result`, async t => {
    const script = 'r => ({ nan: { a: [NaN] }, hole: [1,,2], none: [1, undefined], far: 1 / 0, null: { a: null } })[r]'
    const args = ['--failures', 'brief', '--multi', '--js', script]
    const { stdout, stderr } = await run(t, args, '"nan"\n"hole"\n"none"\n"far"\n"null"\n')
    t.is(String(stdout), '{"a":null}\n')
    t.deepEqual(
      stderr.split('\n').filter(line => line.startsWith('line')),
      [1, 2, 3, 4].map(line => `line ${line}: script`),
    )
  })

  test(`${way}: a change that JSON writes in the same way is one`, async t => {
    const input = '{"a":1e9999}\n{"a":-0}\n{"a":{"b":[1,-0]}}\n{"a":-0.0,"b":1e5}\n{"a":1.0}\n'
    const same = await run(t, ['--failures', 'brief', '--js', 'r => r'], input)
    t.is(String(same.stdout), input)
    const args = [
      '--js',
      'r => { r.a = r.a === 1 ? 1 : typeof r.a === "object" ? { b: [1, 0] } : r.a === 0 ? 0 : null; return r }',
    ]
    const { stdout } = await run(t, args, input)
    t.is(String(stdout), '{"a":null}\n{"a":0}\n{"a":{"b":[1,0]}}\n{"a":0,"b":100000}\n{"a":1.0}\n')
  })

  test(`${way}: memory has a limit, and what goes beyond it fails its own record`, async t => {
    const script = 'r => { const all = []; while (r === 2) all.push(new Array(1000).fill(r)); return r }'
    const { stdout, stderr } = await run(t, ['-j', '1', '--max-heap', '40MiB', '--js', script], '1\n2\n3\n')
    t.deepEqual(records(stdout), [1, 3])
    t.deepEqual(kindsIn(stderr), ['script'])
    t.regex(stderr, /used up the 40 MiB of its thread; --max-heap/)
  })

  test(`${way}: a single value beyond the limit fails its own record, and the program lives on`, async t => {
    const script = 'r => { if (r === 2) { const all = new Array(6e6).fill(r).map(String); for (;;) all[0]; } return r }'
    const { stdout, stderr } = await run(t, ['-j', '1', '--max-heap', '40MiB', '--js', script], '1\n2\n3\n')
    t.deepEqual(records(stdout), [1, 3])
    t.deepEqual(kindsIn(stderr), ['script'])
  })

  test(`${way}: a result longer than a line may be is a failure, its record whole`, async t => {
    const args = ['--max-line', '100', '--js', 'r => "x".repeat(r)']
    const { stdout, stderr } = await run(t, args, '98\n99\n10\n')
    t.deepEqual(records(stdout), ['x'.repeat(98), 'x'.repeat(10)])
    t.regex(stderr, /"kind":"output_too_large".*"record":99\}/)
  })
}

test('a slow reader of stderr holds back a script that prints', async t => {
  const script =
    'r => { for (let n = 0; n < 20000; n++) console.log("x".repeat(10000)); return process.memoryUsage().rss }'
  const line = `{ echo 1 | streamz map -j 1 --js '${script}' 2>&1 >&3 | wc -c; } 3>rss; cat rss`
  const { stdout } = await shell(t, line)
  const [printed = 0, rss = 0] = String(stdout).trim().split(/\s+/).map(Number)
  // Of each line 4 KiB are passed on.
  t.true(printed > 20_000 * 4096)
  t.true(rss < 200_000_000, `${rss}`)
})

const loading = 'for (;;); export default r => r'

test('a module that does not end to load is given up', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'm.mjs'), loading)
  const { stderr, exitCode } = await streamz(t, ['map', '--start-timeout', '300ms', '--module', 'm.mjs'], {
    stdin: '1\n',
    cwd,
  })
  t.is(exitCode, 2)
  t.regex(stderr, /m\.mjs cannot be used: it was not loaded within 300ms of --start-timeout/)
})

test('a signal is obeyed while a module loads', async t => {
  const { child, finished, cwd } = start(t, ['map', '-j', '1', '--module', 'm.mjs'], {
    cwd: (() => {
      const folder = makeFolder(t)
      writeFileSync(join(folder, 'm.mjs'), `console.log("loading"); ${loading}`)
      return folder
    })(),
  })
  await new Promise<void>(resolve => child.stderr?.once('data', () => resolve()))
  const began = performance.now()
  child.kill('SIGTERM')
  t.is((await finished).exitCode, 143, cwd)
  t.true(performance.now() - began < 9000)
})

test('a missing folder is not reported as an error of the script', async t => {
  const line = `mkdir gone && cd gone && rmdir ../gone && echo 1 | streamz map --js 'r => r + 1'`
  const { stdout } = await shell(t, line)
  t.is(String(stdout), '2\n')
  const module = await shell(t, line.replace(/--js .*/, '--module m.mjs'))
  t.is(module.exitCode, 2)
  t.regex(module.stderr, /the current folder no longer exists; use the absolute path of the file/)
})

test('too few descriptors are not reported as an error of the script', async t => {
  const { stderr, exitCode } = await shell(t, `ulimit -n 40; echo 1 | streamz map -j 20 --js 'r => r'`)
  t.is(exitCode, 75, stderr)
  t.regex(
    stderr,
    /Cannot start a thread for the script \(\w+\); use fewer with -j, or allow more with ulimit -n; nothing was read/,
  )
})
