import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { KeyReader } from '../../src/core/json/key-reader.js'
import { Rows } from '../../src/core/json/rows.js'
import { fnv1a64Hex, fnv1a64Modulo } from '../../src/core/tables/fnv.js'
import { createOnePart } from '../../src/processors/partition/one-part.js'
import { readSummary } from '../helpers/account.js'
import { until } from '../helpers/children.js'
import { type Result, records, shell, start, streamz } from '../helpers/cli.js'
import { kindsIn } from '../helpers/flags.js'
import { drive } from '../helpers/processor.js'
import { makeFastFolder, makeFolder } from '../helpers/temporary-folder.js'

const read = (cwd: string, name: string) => readFileSync(join(cwd, name), 'utf8')
const part = (cwd: string) => readdirSync(join(cwd, 'part')).toSorted()

test('a file for each value of a field, byte for byte and in order', async t => {
  const stdin =
    '{"k":"a","n":1.0}\n {"k":"b"}\n{"k":"\\u0061","n":12345678901234567890}\n{"k":1}\n{"k":"1"}\n{"k":1.50}\n'
  const { cwd, exitCode, stdout } = await streamz(t, ['partition', '--key', '.k', '--summary', 'summary.json'], {
    stdin,
  })
  t.deepEqual([exitCode, String(stdout)], [0, ''])
  t.deepEqual(part(cwd), ['1.ndjson', '15e-1.ndjson', 'a.ndjson', 'b.ndjson'])
  t.is(read(cwd, 'part/a.ndjson'), '{"k":"a","n":1.0}\n{"k":"\\u0061","n":12345678901234567890}\n')
  t.is(read(cwd, 'part/1.ndjson'), '{"k":1}\n{"k":"1"}\n')
  t.is(read(cwd, 'part/b.ndjson'), ' {"k":"b"}\n')
  t.like(readSummary(cwd), { read: 6, delivered: 6, out: 6, bytes_out: stdin.length })
})

test('several fields are one key', async t => {
  const stdin = '{"a":1,"b":"x"}\n{"b":"x","a":1.0}\n{"a":1,"b":"y"}\n{"a":1}\n'
  const { cwd, stderr } = await streamz(t, ['partition', '--key', '.a,.b', '--out', '{key}', '-q'], { stdin })
  t.deepEqual(readdirSync(cwd).toSorted(), ['%5B1%2C%22x%22%5D', '%5B1%2C%22y%22%5D'])
  t.like(records(stderr)[0], { line: 4, error: { kind: 'field', message: 'Line 4 has no field .b for --key' } })
})

test('N parts by hash: the same key is always in the same one, which --only gives too', async t => {
  const keys = Array.from({ length: 200 }, (_, index) => `"user-${index}"`)
  const lines = keys.map(key => `{"k":${key}}`)
  const stdin = lines.map(line => `${line}\n`).join('')
  const { cwd } = await streamz(t, ['partition', '5', '--key', '.k'], { stdin })
  for (let number = 0; number < 5; number++) {
    const wanted = lines.filter((_, index) => {
      const bytes = Buffer.from(keys[index] as string)
      return fnv1a64Modulo(bytes, 0, bytes.length, 5) === number
    })
    t.true(wanted.length > 0)
    t.is(read(cwd, `part-${number}.ndjson`), wanted.map(line => `${line}\n`).join(''))
    const { out, filtered } = await drive(
      context => createOnePart({ parts: 5, only: number, key: [{ text: '.k', segments: ['k'] }] }, context),
      [[0, ...lines]],
    )
    t.deepEqual(
      out.map(([, line]) => line),
      wanted,
    )
    t.is(filtered, 200 - wanted.length)
  }
})

test('the docs tell how a key is hashed, so that other programs agree', t => {
  const rows = new Rows([{ text: '.k', segments: ['k'] }])
  const reader = new KeyReader([{ text: '.k', segments: ['k'] }])
  const vectors = [
    ...readFileSync('docs/partition.md', 'utf8').matchAll(/^\| `(.+)` \| `(.+)` \| (\w{16}) \| (\d) \|$/gm),
  ]
  t.true(vectors.length >= 20)
  for (const [, value, canonical, hex, number] of vectors) {
    const bytes = Buffer.from(`{"k":${value}}\n`)
    t.true(rows.scanAlone(bytes) && reader.read(rows, bytes, 0))
    t.is(reader.text, canonical as string)
    t.is(fnv1a64Hex(reader.bytes, reader.start, reader.end), hex as string)
    t.is(fnv1a64Modulo(reader.bytes, reader.start, reader.end, 8), Number(number))
  }
})

test('N parts in turn, empty ones too', async t => {
  const { cwd } = await streamz(t, ['partition', '3'], { stdin: '1\nno json\n' })
  t.deepEqual(
    [0, 1, 2].map(number => read(cwd, `part-${number}.ndjson`)),
    ['1\n', 'no json\n', ''],
  )
})

test('failures of earlier stages go to standard output, bad records fail, and the files take their names at exit 1', async t => {
  const upstream = '{"$streamz":"error/1","record":1}'
  const stdin = `{"k":"a"}\n${upstream}\nno\n{"n":1}\n`
  const { cwd, stdout, stderr, exitCode } = await streamz(t, ['partition', '--key', '.k'], { stdin })
  t.deepEqual([exitCode, String(stdout)], [1, `${upstream}\n`])
  t.deepEqual(kindsIn(stderr), ['parse', 'field'])
  t.deepEqual(part(cwd), ['a.ndjson'])
})

test('more keys than --max-keys fail, those that are known go on', async t => {
  const stdin = '{"k":"a"}\n{"k":"b"}\n{"k":"c"}\n{"k":"c"}\n{"k":"a"}\n'
  const args = ['partition', '--key', '.k', '--max-keys', '2', '--summary', 'summary.json', '-q']
  const { cwd, exitCode, stderr } = await streamz(t, args, { stdin })
  t.is(exitCode, 1)
  t.deepEqual(part(cwd), ['a.ndjson', 'b.ndjson'])
  t.like(readSummary(cwd), { delivered: 3, failed: 2 })
  t.like(records(stderr)[0], { error: { kind: 'unmatched', class: 'input' }, record: { k: 'c' } })
})

test.serial('10,000 keys where 64 files may be open: nothing is lost', async t => {
  const script = `awk 'BEGIN { for (i = 0; i < 30000; i++) printf "{\\"k\\":\\"key-%d\\",\\"n\\":%d}\\n", i % 10000, i }' >in
    ulimit -n 64; streamz partition --key .k --summary summary.json in`
  const { cwd, exitCode, stderr } = await shell(t, script, { cwd: makeFastFolder(t) })
  t.deepEqual([exitCode, stderr], [0, ''])
  t.is(part(cwd).length, 10_000)
  t.like(readSummary(cwd), { read: 30_000, delivered: 30_000 })
  for (const key of [0, 4711, 9999]) {
    const wanted = [key, key + 10_000, key + 20_000].map(n => `{"k":"key-${key}","n":${n}}\n`).join('')
    t.is(read(cwd, `part/key-${key}.ndjson`), wanted)
  }
})

test('no key leaves the folder, whatever is in it', async t => {
  const cwd = makeFolder(t)
  const hostile = makeHostileKeys()
  t.true(hostile.length >= 200)
  const lines = hostile.map(key => `{"k":${JSON.stringify(key)}}`)
  mkdirSync(join(cwd, 'work'))
  const { exitCode, stderr } = await streamz(t, ['partition', '--key', '.k', '--out', 'in/here/{key}'], {
    stdin: lines.map(line => `${line}\n`).join(''),
    cwd: join(cwd, 'work'),
  })
  t.deepEqual([exitCode, stderr], [0, ''])
  t.deepEqual(readdirSync(cwd), ['work'])
  t.deepEqual(readdirSync(join(cwd, 'work')), ['in'])
  t.deepEqual(readdirSync(join(cwd, 'work/in')), ['here'])
  const files = readdirSync(join(cwd, 'work/in/here'), { withFileTypes: true })
  t.true(files.every(file => file.isFile() && !file.name.startsWith('.') && /^[\w.%~-]+$/.test(file.name)))
  const found = files.flatMap(({ name }) => read(cwd, `work/in/here/${name}`).trimEnd().split('\n'))
  t.deepEqual(found.toSorted(), lines.toSorted())
})

const makeHostileKeys = (): string[] => {
  const bases = [
    '..',
    '.',
    '/',
    '../x',
    '/etc/passwd',
    'a/../../b',
    '~',
    '~root',
    '$(id)',
    '`id`',
    '-rf',
    '*',
    '?',
    '|',
    '',
  ]
  const bytes = Array.from({ length: 128 }, (_, code) => `a${String.fromCharCode(code)}b`)
  const long = ['x', '/', '.', '../', 'é', '\u{1f600}'].flatMap(text => [text.repeat(70), text.repeat(300)])
  const odd = [
    'CON',
    'nul',
    'a.part',
    'a.part.part',
    'a',
    'A',
    '%2F',
    '%',
    '%%',
    'a.lock',
    '\u202egnp',
    '\ud800',
    'a\r\nb',
    '. ',
    '...',
  ]
  const deep = Array.from({ length: 40 }, (_, depth) => `${'../'.repeat(depth + 1)}tmp/x`)
  return [...new Set([...bases, ...bytes, ...long, ...odd, ...deep])]
}

test('a planted link is not followed', async t => {
  const cwd = makeFolder(t)
  mkdirSync(join(cwd, 'part'))
  writeFileSync(join(cwd, 'victim'), 'safe\n')
  symlinkSync('../victim', join(cwd, 'part/a.ndjson'))
  symlinkSync('../victim', join(cwd, 'part/b.ndjson.part'))
  for (const how of [[], ['--append'], ['--overwrite']]) {
    const { exitCode } = await streamz(t, ['partition', '--key', '.k', ...how], {
      stdin: '{"k":"a"}\n{"k":"b"}\n',
      cwd,
    })
    t.true(exitCode === 2 || exitCode === 74)
    t.is(read(cwd, 'victim'), 'safe\n')
  }
})

test('files that exist are refused before anything is read', async t => {
  for (const [args, name] of [
    [['--key', '.k'], 'part/old.ndjson'],
    [['--key', '.k'], 'part/old.ndjson.part'],
    [['2'], 'part-1.ndjson'],
    [['2'], 'part-1.ndjson.part'],
  ] as const) {
    const cwd = makeFolder(t)
    mkdirSync(join(cwd, 'part'))
    writeFileSync(join(cwd, name), 'old\n')
    const { exitCode, stderr } = await streamz(t, ['partition', ...args], { stdin: '{"k":"a"}\n', cwd })
    t.is(exitCode, 2)
    t.regex(stderr, /^streamz partition: --out: part.*--append.*--overwrite/)
    t.is(read(cwd, name), 'old\n')
  }
})

test('beside other files only what collides is refused, and what was written is listed', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'b.ndjson'), 'old\n')
  const args = ['partition', '--key', '.k', '--out', '{key}.ndjson', '--summary', 'summary.json']
  const { exitCode, stderr } = await streamz(t, args, { stdin: '{"k":"a"}\n{"k":"b"}\n{"k":"a"}\n', cwd })
  t.is(exitCode, 74)
  t.regex(
    stderr,
    /b\.ndjson already exists.*\n.*keep their temporary names: a\.ndjson\.part;.*\n.*undelivered=\d from line 2\n$/,
  )
  t.is(read(cwd, 'b.ndjson'), 'old\n')
  const { delivered, undelivered, read: all } = readSummary(cwd)
  t.is(delivered + undelivered, all)
  t.is(linesOf(read(cwd, 'a.ndjson.part')).length, delivered)
})

test('--append goes on with what a run has left, and a key that does not come again takes its name too', async t => {
  const cwd = makeFolder(t)
  mkdirSync(join(cwd, 'part'))
  writeFileSync(join(cwd, 'part/a.ndjson.part'), '1\n{"torn')
  writeFileSync(join(cwd, 'part/b.ndjson.part'), '2\n')
  writeFileSync(join(cwd, 'part/c.ndjson'), '3\n')
  const { exitCode, stderr } = await streamz(t, ['partition', '--key', '.k', '--append'], {
    stdin: '{"k":"a"}\n{"k":"c"}\n',
    cwd,
  })
  t.is(exitCode, 0)
  t.regex(stderr, /last line of part\/a\.ndjson was cut off by a crash; its 6 bytes are kept in part\/a\.ndjson\.torn-/)
  t.is(read(cwd, 'part/a.ndjson'), '1\n{"k":"a"}\n')
  t.is(read(cwd, 'part/b.ndjson'), '2\n')
  t.is(read(cwd, 'part/c.ndjson'), '3\n{"k":"c"}\n')
})

test('packed files can be read, also when they were written in several pieces', async t => {
  const stdin = Array.from({ length: 3000 }, (_, n) => `{"k":"a","n":${n},"pad":"${'x'.repeat(100)}"}\n`).join('')
  const { cwd, exitCode } = await streamz(t, ['partition', '--key', '.k', '--gzip'], { stdin })
  t.is(exitCode, 0)
  t.is(String(gunzipSync(readFileSync(join(cwd, 'part/a.ndjson.gz')))), stdin)
})

test('--raw-output writes strings as text to files as well', async t => {
  const { cwd } = await streamz(t, ['partition', '1', '-r'], { stdin: '"a \\"b\\""\n{"c":1}\n' })
  t.is(read(cwd, 'part-0.ndjson'), 'a "b"\n{"c":1}\n')
})

const linesOf = (text: string) => text.split('\n').filter(line => line !== '')

/** Lines in the files of a run, under the name they have; each must be whole. */
const linesIn = (t: ExecutionContext, cwd: string, name: RegExp): string[] =>
  readdirSync(cwd)
    .filter(file => name.test(file))
    .flatMap(file => {
      const text = read(cwd, file)
      t.true(text === '' || text.endsWith('\n'), file)
      return linesOf(text)
    })

/** Every record that was read is in a file or told as undelivered; what was not read is in the input. */
const assertWhole = (t: ExecutionContext, { cwd, stderr }: Result, input: readonly string[]): void => {
  const { read: all, delivered, undelivered, failed, filtered } = readSummary(cwd)
  t.is(all, delivered + undelivered + failed + filtered)
  const there = linesIn(t, cwd, /^part-\d/)
  t.is(there.length, delivered)
  t.deepEqual(subtract(there, input), [])
  const from = Number(/from line (\d+)/.exec(stderr)?.[1] ?? input.length + 1)
  t.deepEqual(subtract(input.slice(0, from - 1), there), [], 'all before the line to go on from was delivered')
}

const subtract = (some: readonly string[], others: readonly string[]): string[] => {
  const there = new Set(others)
  return some.filter(line => !there.has(line))
}

const numbered = Array.from({ length: 20_000 }, (_, n) => `{"n":${n},"pad":"${'x'.repeat(n % 50)}"}`)

for (const blocks of [0, 8, 33, 100]) {
  test(`a disk that is full after ${blocks} KiB: the failed file is named, the others are finished`, async t => {
    const cwd = makeFolder(t)
    writeFileSync(join(cwd, 'in'), numbered.map(line => `${line}\n`).join(''))
    // Limits the size of each file; the summary is a pipe.
    const script = `ulimit -f ${blocks}; streamz partition 7 --summary - in 2>&1 | cat >told; exit $\{PIPESTATUS[0]}`
    const result = await shell(t, script.replace('cat >told', 'cat'), { cwd })
    t.is(result.exitCode, 74)
    const told = String(result.stdout)
    t.regex(told, /part-\d\.ndjson \(EFBIG\); free some space/)
    t.regex(told, /undelivered=\d+ from line \d+\n$/m)
    const summary = told.split('\n').find(line => line.startsWith('{"$streamz":"summary')) ?? ''
    writeFileSync(join(cwd, 'summary.json'), summary)
    assertWhole(t, { ...result, stderr: told }, numbered)
    t.deepEqual(
      readdirSync(cwd).filter(name => /^part-\d\.ndjson$/.test(name)),
      [],
    )
  })
}

test('SIGTERM: what was taken stays aside and is listed, the rest is named, and --append goes on from there', async t => {
  const cwd = makeFolder(t)
  const { child, finished } = start(t, ['partition', '3', '--summary', 'summary.json'], { cwd })
  const half = numbered.slice(0, 10_000)
  child.stdin.write(half.map(line => `${line}\n`).join(''))
  await until(t, 'something is written', () => existsSync(join(cwd, 'part-0.ndjson.part')))
  child.kill('SIGTERM')
  const result = await finished
  t.is(result.exitCode, 143)
  t.regex(result.stderr, /part-0\.ndjson\.part, part-1\.ndjson\.part, part-2\.ndjson\.part; --append continues/)
  assertWhole(t, result, numbered)
  const done = readSummary(cwd).delivered
  const rest = numbered
    .slice(done)
    .map(line => `${line}\n`)
    .join('')
  const again = await streamz(t, ['partition', '3', '--append'], { stdin: rest, cwd })
  t.is(again.exitCode, 0)
  t.deepEqual(linesIn(t, cwd, /^part-\d\.ndjson$/).toSorted(), numbered.toSorted())
})

test('kill -9 leaves nothing under a final name, and the next run goes on', async t => {
  const cwd = makeFolder(t)
  const { child, finished } = start(t, ['partition', '3'], { cwd })
  child.stdin.write(numbered.map(line => `${line}\n`).join(''))
  await until(t, 'something is written', () => existsSync(join(cwd, 'part-2.ndjson.part')))
  child.kill('SIGKILL')
  await finished
  t.deepEqual(
    readdirSync(cwd).filter(name => !name.endsWith('.part')),
    [],
  )
  t.is((await streamz(t, ['partition', '3'], { stdin: '', cwd })).exitCode, 2)
  const { exitCode } = await streamz(t, ['partition', '3', '--append'], { stdin: '{"last":1}\n', cwd })
  t.is(exitCode, 0)
  const there = linesIn(t, cwd, /^part-\d\.ndjson$/)
  t.deepEqual(subtract(there, [...numbered, '{"last":1}']), [])
})

for (const [args, told] of [
  [[], /Neither --key nor a number of parts was given/],
  [['0'], /N: "0" is too small/],
  [['--key', '.k', '--only', '1'], /--only needs a number of parts/],
  [['3', '--only', '3'], /--only: "3" is too large; the last of 3 parts is 2/],
  [['3', '--only', '1', '--gzip'], /--gzip cannot be used with --only/],
  [['3', '--max-keys', '4'], /--max-keys cannot be used with a number of parts/],
  [['--key', '.k', '--out', 'all.ndjson'], /--out: "all.ndjson" has no \{key\}/],
  [['3', '--out', '{key}.ndjson'], /--out: "\{key\}.ndjson" has no \{n\}/],
  [['--key', '.k', '--out', '{key}.part'], /cannot be the name of an output file/],
  [['3', '--append', '--overwrite'], /--append and --overwrite/],
  [['3', '--append', '--gzip'], /--append cannot be used with --gzip/],
  [['--key', '.k', '--overwrite', '--out', '{key}.x', 'in.x'], /in\.x is an input and has a name/],
  [['--key', '.a,.a'], /\.a occurs twice/],
] as const) {
  test(`partition ${args.join(' ')} is refused`, async t => {
    const cwd = makeFolder(t)
    writeFileSync(join(cwd, 'in.x'), '{"k":"in"}\n')
    const { exitCode, stderr } = await streamz(t, ['partition', ...args], { stdin: '{"k":1}\n', cwd })
    t.is(exitCode, 2)
    t.regex(stderr, told)
    t.deepEqual(readdirSync(cwd), ['in.x'])
  })
}
