import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parsePath } from '../../src/core/json/path.js'
import { createPass } from '../../src/processors/pass.js'
import { readSummary } from '../helpers/account.js'
import { records, shell, streamz } from '../helpers/cli.js'
import fc from '../helpers/fast-check.js'
import { assertBalanced, startTest } from '../helpers/run.js'
import { makeFolder } from '../helpers/temporary-folder.js'

const twoFiles = (t: Parameters<typeof makeFolder>[0], one: string, other: string) => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'a'), one)
  writeFileSync(join(cwd, 'b'), other)
  return cwd
}

test('merge passes on all lines of all files, bytes kept, and names the file of a failure', async t => {
  const cwd = twoFiles(t, '{"a" : 1.0}\n\nnot json\n', '{"b":2}')
  const { stdout, exitCode } = await streamz(t, ['merge', 'a', 'b', '--summary', 'summary.json'], { cwd })
  t.is(exitCode, 0)
  t.deepEqual(String(stdout).split('\n').toSorted(), ['', 'not json', '{"a" : 1.0}', '{"b":2}'])
  t.like(readSummary(cwd), { lines: 4, read: 3, blank: 1, delivered: 3 })
})

test('merge passes on lines while another input is silent', async t => {
  const script = [
    'mkfifo silent out',
    'streamz merge silent b > out &',
    'exec 3<out',
    'read -ru 3 first',
    'echo \'{"late":1}\' > silent',
    'echo "$first"',
    'cat <&3',
    'wait $!',
  ]
  const { stdout, exitCode } = await shell(t, script.join('\n'), { cwd: twoFiles(t, '', '{"early":1}\n') })
  t.is(exitCode, 0)
  t.is(String(stdout), '{"early":1}\n{"late":1}\n')
})

test('merge never tears a line, however it arrives', async t => {
  const line = (letter: string) => `{"${letter}":"${letter.repeat(20_000)}"}`
  const script = `streamz merge <(for i in 1 2 3; do printf '{"a":'; printf '"%s"}\\n' ${'a'.repeat(20_000)}; done) <(cat b b b)`
  const { stdout } = await shell(t, script, { cwd: twoFiles(t, '', `${line('b')}\n`) })
  t.deepEqual(String(stdout).split('\n').filter(Boolean).toSorted(), [
    ...Array(3).fill(line('a')),
    ...Array(3).fill(line('b')),
  ])
})

test('merge --sorted-by makes one sorted stream of sorted files', async t => {
  const cwd = twoFiles(t, '{"t":null}\n{"t":1}\n{"t":"x"}\n', '{"t":true}\n{"t":1.0}\n{"t":2}\n')
  const { stdout } = await streamz(t, ['merge', '--sorted-by', '.t', 'a', 'b'], { cwd })
  t.is(String(stdout), '{"t":null}\n{"t":true}\n{"t":1}\n{"t":1.0}\n{"t":2}\n{"t":"x"}\n')
})

test('merge --sorted-by fails what is out of order or has no order, and names the file', async t => {
  const cwd = twoFiles(t, '{"t":2}\n{"t":1}\n{"t":{}}\n{}\n', '{"t":0}\nno\n')
  const { stdout, stderr, exitCode } = await streamz(t, ['merge', '--sorted-by', '.t', 'a', 'b'], { cwd })
  t.is(exitCode, 1)
  t.is(String(stdout), '{"t":0}\n{"t":2}\n')
  const failures = records(
    stderr
      .split('\n')
      .filter(line => line.startsWith('{'))
      .join('\n'),
  ) as {
    file: string
    error: { kind: string; message: string }
  }[]
  t.deepEqual(
    failures.map(({ file, error }) => [file, error.kind]),
    [
      ['b', 'parse'],
      ['a', 'field'],
      ['a', 'field'],
      ['a', 'field'],
    ],
  )
  t.is(failures[1]?.error.message, 'Line 2: .t is smaller than before: a is not sorted by it')
})

test('merge --sorted-by ends at SIGTERM while it waits, and says what it held', async t => {
  const script = [
    'mkfifo silent',
    'streamz merge --sorted-by .t silent b --summary summary.json &',
    'exec 3>silent',
    'kill -TERM $!',
    'wait $!',
  ]
  const { stdout, exitCode, cwd } = await shell(t, script.join('\n'), { cwd: twoFiles(t, '', '{"t":1}\n{"t":2}\n') })
  t.is(exitCode, 143)
  t.is(String(stdout), '')
  const { read, undelivered } = readSummary(cwd)
  t.is(read, undelivered)
})

test('merge ends when the reader is gone, even if an input is endless', async t => {
  const { stdout, exitCode } = await shell(t, 'set -o pipefail; streamz merge <(yes 1) <(yes 2) | head -1', {})
  t.true(['1\n', '2\n'].includes(String(stdout)))
  t.is(exitCode, 141)
})

test('merge of a file that cannot be read says so', async t => {
  const cwd = twoFiles(t, '1\n', '2\n')
  const { exitCode, stderr } = await streamz(t, ['merge', 'a', 'missing'], { cwd })
  t.is(exitCode, 74)
  t.regex(stderr, /Cannot read missing/)
})

for (const args of [
  ['-', '-'],
  ['--sorted-by', '.t', '--raw-input'],
  ['--sorted-by', '..'],
]) {
  test(`merge ${args.join(' ')} is refused`, async t => {
    const { exitCode, stdout, stderr } = await streamz(t, ['merge', ...args], { stdin: '1\n' })
    t.deepEqual([exitCode, String(stdout)], [2, ''])
    t.regex(stderr, /^streamz merge: /)
  })
}

test('Every line of every input is accounted for once, in the order of the field or as it comes', async t => {
  const line = fc.oneof(
    { weight: 8, arbitrary: fc.nat(30).map(n => `{"t":${n}}`) },
    fc.constantFrom('', 'no', '{}', '{"$streamz":"error/1","record":1}', `"${'x'.repeat(2000)}"`),
  )
  const inputs = fc.array(fc.array(line, { maxLength: 40 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(inputs, fc.boolean(), async (files, isSorted) => {
      const rejected: { readonly line: string; readonly kind: string }[] = []
      const { end } = startTest(
        files.map(lines => lines.join('\n')),
        {
          create: context => createPass({}, context),
          failures: {
            put({ line, failure }, receipt) {
              rejected.push({ line: String(line.bytes).trimEnd(), kind: failure.kind })
              receipt.delivered(1)
            },
            flush() {},
          },
          together: { sortedBy: isSorted ? parsePath('.t') : undefined },
        },
      )
      const { ledger, text } = await end()
      assertBalanced(t, ledger)
      const all = files.flat().filter(one => one !== '')
      const long = all.filter(one => one.length > 1024)
      const kept = [...text.split('\n').slice(0, -1), ...rejected.map(({ line: one }) => one)]
      t.deepEqual(kept.filter(one => one.length < 1024).toSorted(), all.filter(one => one.length < 1024).toSorted())
      t.is(kept.length, all.length)
      t.is(rejected.filter(({ kind }) => kind === 'too_long').length, long.length)
      if (!isSorted) return
      const times = text.split('\n').flatMap(one => (one.startsWith('{"t"') ? [JSON.parse(one).t] : []))
      t.deepEqual(
        times,
        times.toSorted((one, other) => one - other),
      )
    }),
  )
})
