import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { recordOf } from '../helpers/account.js'
import { pipeline, records, shell, streamz } from '../helpers/cli.js'
import { makeFolder } from '../helpers/temporary-folder.js'

const upstream = (record: string) => `{"$streamz":"error/1","id":"1","line":1,"record":${record}}`

test('dlq --to takes what an earlier stage put inline, and good records pass', async t => {
  const { stdout, statuses, stderr, cwd } = await pipeline(
    t,
    ["streamz map --inline -- sh -c 'grep -v 2'", 'streamz dlq --to failed.ndjson', 'streamz batch --size 9'],
    { stdin: '{"n": 1}\n{"n": 2}\n{"n": 3}\n' },
  )
  t.is(String(stdout), '[{"n": 1},{"n": 3}]\n')
  t.is(stderr, 'streamz map: 1 of 3 records failed (1 exit)\n')
  t.deepEqual(statuses, [0, 1, 0])
  const kept = readFileSync(join(cwd, 'failed.ndjson'), 'utf8')
  t.deepEqual(kept.trim().split('\n').map(recordOf), ['{"n": 2}'])
  t.like(records(kept)[0], { error: { kind: 'exit', exit: 1 }, stage: { command: 'map' } })
})

test('dlq --to appends, names every entry and keeps the rest of a failure byte for byte', async t => {
  const cwd = makeFolder(t)
  const lines = [upstream('{"a" : 1.0}'), upstream('12345678901234567890'), upstream('{"a" : 1.0}')]
  for (const line of lines) await streamz(t, ['dlq', '--to', 'failed.ndjson'], { stdin: `${line}\n`, cwd })
  const file = join(cwd, 'failed.ndjson')
  const kept = readFileSync(file, 'utf8')
  t.is(kept.replaceAll(/"entry":"[\w-]+",/g, ''), lines.map(line => `${line}\n`).join(''))
  t.is(new Set([...kept.matchAll(/"entry":"([\w-]+)"/g)].map(([, entry]) => entry)).size, 3)
  t.is(statSync(file).mode & 0o777, 0o600)
})

test('dlq --to sets a torn last line aside', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'failed.ndjson'), `${upstream('1')}\n{"$streamz":"err`)
  const { stderr, exitCode } = await streamz(t, ['dlq', '--to', 'failed.ndjson'], { stdin: `${upstream('2')}\n`, cwd })
  t.is(exitCode, 1)
  t.regex(stderr, /cut off by a crash/)
  t.deepEqual(readFileSync(join(cwd, 'failed.ndjson'), 'utf8').trim().split('\n').map(recordOf), ['1', '2'])
})

test('dlq --to exits 0 when nothing has failed', async t => {
  const { stdout, exitCode } = await streamz(t, ['dlq', '--to', 'failed.ndjson'], { stdin: '1\n2\n' })
  t.deepEqual([String(stdout), exitCode], ['1\n2\n', 0])
})

test('dlq --to a file that cannot be written says so, and the failures go to stderr', async t => {
  const { stdout, stderr, exitCode } = await shell(t, 'ulimit -f 0; streamz dlq --to failed.ndjson', {
    stdin: `${upstream('1')}\n`,
  })
  t.is(exitCode, 74)
  t.is(String(stdout), '')
  t.true(stderr.includes(upstream('1')), stderr)
})

for (const file of ['.', '/dev/null', 'no/such/folder/failed.ndjson']) {
  test(`dlq --to ${file} is refused before anything is read`, async t => {
    const { stdout, stderr, exitCode } = await shell(t, `(streamz dlq --to ${file}; echo "exit $?" >&2; cat) <input`, {
      cwd: withInput(makeFolder(t)),
    })
    t.is(exitCode, 0)
    t.is(String(stdout), '1\n2\n')
    t.regex(stderr, /^streamz dlq: .*\nexit 74\n$/s)
  })
}

test('dlq without --to is refused', async t => {
  const { exitCode, stderr, cwd } = await streamz(t, ['dlq'], { stdin: '1\n' })
  t.is(exitCode, 2)
  t.regex(stderr, /--to FILE/)
  t.false(existsSync(join(cwd, 'failed.ndjson')))
})

const withInput = (folder: string) => {
  writeFileSync(join(folder, 'input'), '1\n2\n')
  return folder
}
