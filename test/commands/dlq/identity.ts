import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { failure, readEntries, run } from '../../helpers/dlq.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const write = (t: ExecutionContext, ...lines: readonly string[]) => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'f.ndjson'), lines.join(''))
  return folder
}
const read = (folder: string) => readFileSync(join(folder, 'f.ndjson'), 'utf8')
const dlq = (folder: string, ...words: readonly string[]) => run(folder, ['dlq', ...words])

/** As other tools write JSON. */
const spaced = (line: string) => line.replace('{"$streamz":"error/1","entry":"', '{"$streamz": "error/1", "entry": "')

const forms: Readonly<Record<string, (line: string) => string>> = {
  'with blanks': spaced,
  'in front': line => line,
  'with a blank before the comma': line => line.replace('"error/1",', '"error/1" ,'),
  'at the end': line => line.replace('"entry":"same",', '').replace(',"record"', ',"entry":"same","record"'),
}
for (const [form, make] of Object.entries(forms)) {
  test.serial(`an entry that a line brings along is no name: ${form}`, async t => {
    const folder = makeFolder(t)
    const lines = [1, 2].map(n => make(failure({ entry: 'same', id: `id-${n}`, record: String(n) })))
    await run(folder, ['dlq', '--to', 'f.ndjson'], lines.join(''))
    t.is((await dlq(folder, 'replay', 'f.ndjson')).out, '1\n2\n')
    t.is((await dlq(folder, 'compact', 'f.ndjson')).code, 0)
    t.is(read(folder).split('\n').length, 3)
    t.is((await dlq(folder, 'replay', 'f.ndjson', '--', 'cat')).out, '1\n2\n')
  })
}

test.serial('a forged name takes the place of no real entry', async t => {
  const folder = makeFolder(t)
  await run(folder, ['dlq', '--to', 'f.ndjson'], failure({ record: '"real"' }))
  const [{ entry }] = readEntries(join(folder, 'f.ndjson')) as [{ entry: never }]
  const forged = forms['with blanks']?.(failure({ entry, record: '"forged"' })) ?? ''
  await run(folder, ['dlq', '--to', 'f.ndjson'], forged)
  writeFileSync(join(folder, 'f.ndjson'), forged, { flag: 'a' })
  t.is((await dlq(folder, 'replay', 'f.ndjson')).out, '"real"\n"forged"\n"forged"\n')
})

test.serial('a failure record of nothing but its version is kept as JSON, and is damage', async t => {
  const folder = makeFolder(t)
  const { code } = await run(
    folder,
    ['dlq', '--to', 'f.ndjson'],
    '{"$streamz":"error/1"}\n{ "$streamz" : "error/1" }\n',
  )
  t.is(code, 1)
  t.deepEqual(
    readEntries(join(folder, 'f.ndjson')).map(entry => Object.keys(entry)),
    [
      ['$streamz', 'entry'],
      ['$streamz', 'entry'],
    ],
  )
  t.is((await dlq(folder, 'stats', 'f.ndjson')).code, 1)
})

const newer = '{"$streamz":"error/2","id":"x","news":[1.0],"error":{"kind":"exit"},"replays":0,"record":{"a":1}}\n'

test.serial('entries of another version stay byte for byte and are never called, exit 1', async t => {
  const folder = makeFolder(t)
  await run(folder, ['dlq', '--to', 'f.ndjson'], failure() + newer)
  t.true(read(folder).endsWith(newer))
  for (const words of [['stats'], ['ls'], ['compact']]) {
    const { code, err } = await dlq(folder, ...words, 'f.ndjson')
    t.is(code, 1)
    t.regex(err, /1 line of f\.ndjson was written by another version of streamz/)
    t.false(err.includes('cannot be read'), err)
  }
  const { code, out, err } = await dlq(folder, 'replay', 'f.ndjson', '--', 'cat')
  t.like({ code, out }, { code: 1, out: '{"n":1}\n' }, err)
  t.is((await dlq(folder, 'replay', 'f.ndjson', '--', 'cat')).code, 1)
  t.is((await dlq(folder, 'unpark', 'f.ndjson')).code, 1)
  t.is((await dlq(folder, 'compact', 'f.ndjson')).code, 1)
  t.is(read(folder), newer)
})

const spoilt: Readonly<Record<string, string>> = {
  'NULs alone': `${'\0'.repeat(300)}\n`,
  'NULs in front of the rest': failure({ entry: 'x' }).replace(/^.{64}/, '\0'.repeat(64)),
  'another 20 bytes at the beginning': failure({ entry: 'x' }).replace(/^.{20}/, 'x'.repeat(20)),
  'the end of an entry': failure({ entry: 'x' }).slice(300),
}
for (const [what, line] of Object.entries(spoilt)) {
  test.serial(`${what} is damage, not a foreign line`, async t => {
    const folder = write(t, failure({ entry: 'a' }), line, 'streamz map: 3 of 4 records failed\n')
    for (const words of [['stats'], ['ls'], ['compact']]) {
      const { code, err } = await dlq(folder, ...words, 'f.ndjson')
      t.is(code, 1, err)
      t.regex(err, /1 line of f\.ndjson is not a failure record\n.*1 line of f\.ndjson .* cannot be read/s)
    }
    for (const words of [[], ['--', 'cat']]) {
      t.like(await dlq(folder, 'replay', 'f.ndjson', ...words), { code: 1, out: '{"n":1}\n' })
    }
    t.true(read(folder).includes(line))
  })
}

test.serial('a damaged journal is reported, and the exit code is 1', async t => {
  const folder = write(t, failure({ entry: 'a' }), failure({ entry: 'b', record: '2' }))
  writeFileSync(join(folder, 'f.ndjson.done'), '{"entry":"a","replays":0,"outcome":"done"}\n{"entry":"b",\n')
  for (const words of [[], ['--', 'cat']]) {
    const { code, out, err } = await dlq(folder, 'replay', 'f.ndjson', ...words)
    t.like({ code, out }, { code: 1, out: '2\n' })
    t.regex(err, /cannot be read/)
  }
})
