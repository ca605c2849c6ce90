import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { failure, run } from '../../helpers/dlq.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

/** A dead-letter file in a folder of its own, and a link to it elsewhere. */
const link = (t: ExecutionContext, ...lines: readonly string[]) => {
  const folder = makeFolder(t)
  mkdirSync(join(folder, 'real'))
  mkdirSync(join(folder, 'links'))
  writeFileSync(join(folder, 'real/f.ndjson'), lines.join(''))
  symlinkSync('../real/f.ndjson', join(folder, 'links/l.ndjson'))
  return folder
}
const entries = (count: number) => Array.from({ length: count }, (_, n) => failure({ entry: `e${n}`, record: `${n}` }))

test.serial('a link is followed once: what belongs to the file stands beside the file', async t => {
  const folder = link(t, ...entries(3))
  const dlq = (...words: readonly string[]) => run(folder, ['dlq', ...words])
  t.is((await dlq('replay', 'links/l.ndjson', '--limit', '1', '--', 'cat')).out, '0\n')
  t.deepEqual(readdirSync(join(folder, 'links')), ['l.ndjson'])
  t.deepEqual(readdirSync(join(folder, 'real')).sort(), ['f.ndjson', 'f.ndjson.done'])
  // By either name the same is done and the same is left.
  t.is((await dlq('ls', 'links/l.ndjson')).out.split('\n').length, 3)
  t.is((await dlq('replay', 'real/f.ndjson')).out, '1\n2\n')
  t.is((await dlq('compact', 'links/l.ndjson')).code, 0)
  t.is((await dlq('purge', '--older-than', '0s', '--state', 'parked', 'links/l.ndjson')).code, 0)
  t.true(lstatSync(join(folder, 'links/l.ndjson')).isSymbolicLink())
  t.deepEqual(readdirSync(join(folder, 'links')), ['l.ndjson'])
  t.is(readFileSync(join(folder, 'real/f.ndjson'), 'utf8'), entries(3).slice(1).join(''))
})

test.serial('what a killed compaction has left is removed by the next one', async t => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'f.ndjson'), entries(2).join(''))
  const left = ['f.ndjson.0123456789abcdef01234567.tmp', 'f.ndjson.done.0123456789abcdef01234567.tmp']
  const others = ['f.ndjson.old.tmp', 'f.ndjson.lock.0123456789abcdef01234567.tmp', 'g.0123456789abcdef01234567.tmp']
  for (const name of [...left, ...others]) writeFileSync(join(folder, name), 'x')
  t.is((await run(folder, ['dlq', 'compact', 'f.ndjson'])).code, 0)
  t.deepEqual(readdirSync(folder).sort(), ['f.ndjson', ...others].sort())
})

test.serial('a last entry that lacks only its newline gets it, and is not torn', async t => {
  const folder = makeFolder(t)
  const file = join(folder, 'f.ndjson')
  writeFileSync(file, entries(2).join(''))
  truncateSync(file, readFileSync(file).length - 1)
  await run(folder, ['dlq', '--to', 'f.ndjson'], failure({ record: '2' }))
  t.deepEqual(readdirSync(folder), ['f.ndjson'])
  t.true(readFileSync(file, 'utf8').startsWith(entries(2).join('')))
  t.is((await run(folder, ['dlq', 'replay', 'f.ndjson'])).out, '0\n1\n2\n')
  // Also while it is replayed, and when it fails again.
  truncateSync(file, readFileSync(file).length - 1)
  t.is((await run(folder, ['dlq', 'replay', 'f.ndjson', '--', 'false'])).code, 1)
  t.is((await run(folder, ['dlq', 'replay', 'f.ndjson'])).out, '0\n1\n2\n')
})
