import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { records, shell, streamz } from './helpers/cli.js'
import { makeFolder } from './helpers/temporary-folder.js'

test('standard input that is a folder is an error', async t => {
  const { stderr, exitCode } = await shell(t, 'streamz take 1 <.')
  t.is(exitCode, 74)
  t.regex(stderr, /Cannot read standard input: it is a folder\n$/)
})

test('closed standard streams are like empty ones', async t => {
  const { stdout } = await shell(
    t,
    'streamz take 1 <&-; echo $?; echo 1 | streamz take 1 >&-; echo $?; echo no | streamz unbatch 2>&-; echo $?',
  )
  t.is(String(stdout), '0\n0\n1\n')
})

test('a FILE that is missing stops the run before it has begun', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'there.ndjson'), '1\n')
  const { stdout, stderr, exitCode } = await streamz(t, ['take', '9', 'there.ndjson', 'missing.ndjson'], { cwd })
  t.deepEqual([String(stdout), exitCode], ['', 74])
  t.is(stderr, 'streamz take: Cannot read missing.ndjson: no such file\n')
})

test('FILEs are read one after another, - is standard input, gzip is unpacked, and a failure names its file', async t => {
  const script = `printf '[1]\\n[2]' >a; printf '[4]\\nno\\n' | gzip >b.gz; echo '[3]' | streamz unbatch -q a - b.gz`
  const { stdout, stderr, exitCode } = await shell(t, script)
  t.deepEqual([String(stdout), exitCode], ['1\n2\n3\n4\n', 1])
  t.like(records(stderr)[0], { file: 'b.gz', line: 2, raw: 'no' })
})

for (const command of [
  'take 9 f >>f',
  'take 9 <f >>f',
  'take 9 --dlq f <f',
  'take 9 --summary f f',
  'dlq --to f f',
  'take 9 --dlq g --summary g f',
]) {
  test(`streamz ${command} is refused`, async t => {
    const cwd = makeFolder(t)
    for (const name of ['f', 'g']) writeFileSync(join(cwd, name), '1\n')
    const { stderr, exitCode } = await shell(t, `streamz ${command}`, { cwd })
    t.is(exitCode, 2)
    t.regex(stderr, /is the same file as/)
    t.is(readFileSync(join(cwd, 'f'), 'utf8'), '1\n')
  })
}
