import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { appendTogether } from '../../helpers/append-together.js'
import { failure, readEntries, run } from '../../helpers/dlq.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const program = fileURLToPath(new URL('../../../../dist/streamz.cjs', import.meta.url))

const write = (t: ExecutionContext, ...lines: readonly string[]) => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'f.ndjson'), lines.join(''))
  return folder
}

const reject = ['throttle', '--rate', '1/h', '--mode', 'reject', '--dlq', 'f.ndjson']

/** Runs a line of shell with `"$0" "$1"` as streamz. */
const shell = async (cwd: string, line: string, options: { uid?: number } = {}) => {
  const child = spawn('sh', ['-c', line, process.execPath, program], { cwd, timeout: 30_000, ...options })
  let err = ''
  child.stderr.setEncoding('utf8').on('data', part => {
    err += part
  })
  child.stdout.resume()
  const [code] = await once(child, 'close')
  return { code, err }
}

test.serial('4,000 failures of 8 processes: whole lines, each once, byte for byte', async t => {
  const folder = makeFolder(t)
  const told = await appendTogether(folder, { processes: 8, each: 500 })
  t.like(told, { codes: Array(8).fill(1), entries: 4000, missing: 0, twice: 0, sameName: 0 })
  t.is(statSync(join(folder, 'f.ndjson')).mode & 0o777, 0o600)
})

test.serial('compacting while others append loses nothing', async t => {
  const told = await appendTogether(makeFolder(t), { processes: 3, each: 2000, compact: true })
  t.like(told, { codes: [1, 1, 1], entries: 6000, missing: 0, twice: 0, sameName: 0 })
})

test.serial('kill -9 while appending and compacting: what was reported is there', async t => {
  for (let round = 0; round < 3; round++) {
    const told = await appendTogether(makeFolder(t), { processes: 4, each: 300, compact: true, killOneIn: 2 })
    t.like(told, { missing: 0, twice: 0, sameName: 0 })
  }
})

test.serial('a full file takes no more: the rest goes whole to stderr, nothing is read, 74', async t => {
  const folder = makeFolder(t)
  const input = Array.from({ length: 2000 }, (_, n) => `{"n":${n},"pad":"${'x'.repeat(200)}"}\n`).join('')
  const first = await run(folder, [...reject, '--dlq-max', '64KiB', '--summary', 's.json'], input)
  t.is(first.code, 74)
  t.true(
    /f\.ndjson has \S+ of --dlq-max 64KiB and no room for \S+ more; \d+ are in f\.ndjson, \d+ went to/.test(first.err),
    first.err.slice(-500),
  )
  const kept = readEntries(join(folder, 'f.ndjson'))
  const told = first.err.split('\n').filter(line => line.startsWith('{"$streamz":"error/1"'))
  const { read, failed, delivered, undelivered } = JSON.parse(readFileSync(join(folder, 's.json'), 'utf8'))
  t.is(kept.length + told.length, failed)
  t.is(read, failed + delivered + undelivered)
  t.true(statSync(join(folder, 'f.ndjson')).size <= 64 * 1024)
  t.true(told.every(line => JSON.parse(line).record.pad.length === 200))
  const processed = undelivered > 0 ? 'processed ' : ''
  const last = first.err.split('\n').find(line => line.startsWith('streamz throttle: ')) ?? ''
  t.true(
    last.startsWith(
      `streamz throttle: ${failed} of ${read - undelivered} ${processed}records failed (${failed} throttled)`,
    ),
    last,
  )
  t.true(first.err.includes(`; ${kept.length} are in f.ndjson, ${told.length} went to standard error`), last)
  const second = await run(folder, ['dlq', '--to', 'f.ndjson', '--dlq-max', '64KiB'], failure().repeat(300))
  t.is(second.code, 74)
  t.true(second.err.includes(failure({}).trim()))
  t.regex(
    second.err.slice(-2000),
    /Stopped.*: f\.ndjson has .* more; 0 are in f\.ndjson, \d+ went to standard error\. What is in it/,
  )
})

test.serial('a limit on file sizes is a full disk: whole lines before it, the rest on stderr, 74', async t => {
  const folder = makeFolder(t)
  const input = Array.from({ length: 200 }, (_, n) => `{"n":${n},"pad":"${'x'.repeat(500)}"}\n`).join('')
  writeFileSync(join(folder, 'in'), input)
  const { code, err } = await shell(folder, `ulimit -f 16; exec "$0" "$1" ${reject.join(' ')} in`)
  t.is(code, 74, err.slice(-500))
  const told = err.split('\n').filter(line => line.startsWith('{"$streamz"'))
  t.is(readEntries(join(folder, 'f.ndjson')).length + told.length, 199)
})

test.serial('a file that may not be written: 74 before anything is called', async t => {
  const folder = write(t, failure())
  chmodSync(join(folder, 'f.ndjson'), 0o444)
  chmodSync(folder, 0o555)
  const isRoot = process.getuid?.() === 0
  const copy = join(makeFolder(t), 'streamz.cjs')
  // The superuser may write everything.
  const uid = isRoot ? { uid: 65_534 } : {}
  if (isRoot) {
    cpSync(dirname(program), dirname(copy), { recursive: true })
    chmodSync(join(copy, '..'), 0o755)
  }
  const line = `exec "$0" ${isRoot ? copy : '"$1"'} dlq replay f.ndjson -- sh -c "echo called >&2"`
  const { code, err } = await shell(folder, line, uid)
  t.is(code, 74, err)
  t.false(err.includes('called'))
})

test.serial('compact drops what is done and outdated, byte for byte, and the journal with it', async t => {
  const kept = failure({ entry: 'c', record: '{"a" : 1.0}' })
  const foreign = 'something else \u00e9\n'
  const torn = '{"$streamz":"error/1","cut\n'
  const again = failure({ entry: 'b', replays: 1 })
  const folder = write(t, failure({ entry: 'a' }), failure({ entry: 'b' }), kept, foreign, torn, again)
  const journal = [
    { entry: 'a', outcome: 'done' },
    { entry: 'b', outcome: 'parked' },
  ]
  writeFileSync(join(folder, 'f.ndjson.done'), journal.map(line => `${JSON.stringify(line)}\n`).join(''))
  const { code, err } = await run(folder, ['dlq', 'compact', 'f.ndjson'])
  t.is(code, 1, err)
  t.is(readFileSync(join(folder, 'f.ndjson'), 'utf8'), kept + foreign + torn + again)
  t.deepEqual(readEntries(join(folder, 'f.ndjson.done')), [journal[1] as never])
  t.deepEqual(readdirSync(folder).sort(), ['f.ndjson', 'f.ndjson.done'])
  t.is(statSync(join(folder, 'f.ndjson')).mode & 0o777, 0o600)
})

test.serial('half a line at the end is left to the next append, which sets it aside', async t => {
  const folder = write(t, failure({ entry: 'a' }), '{"$streamz":"error/1","half')
  t.is((await run(folder, ['dlq', 'stats', 'f.ndjson'])).code, 1)
  t.is((await run(folder, ['dlq', 'compact', 'f.ndjson'])).code, 0)
  t.true(readFileSync(join(folder, 'f.ndjson'), 'utf8').endsWith('"half'))
  await run(folder, reject, '1\n2\n')
  t.is(readEntries(join(folder, 'f.ndjson')).length, 2)
  t.true(readdirSync(folder).some(name => name.includes('.torn-')))
})

test.serial('purge throws away what failed last before a time', async t => {
  const now = new Date().toISOString()
  const folder = write(t, failure({ entry: 'old' }), failure({ entry: 'both' }), failure({ entry: 'new', time: now }))
  appendFileSync(join(folder, 'f.ndjson'), failure({ entry: 'both', replays: 1, time: now }))
  const old = failure({ entry: 'old', time: '2020-01-01T00:00:00.000Z' })
  appendFileSync(join(folder, 'f.ndjson'), old)
  t.is((await run(folder, ['dlq', 'purge', '--older-than', '1d', 'f.ndjson'])).code, 0)
  t.deepEqual(
    readEntries(join(folder, 'f.ndjson')).map(({ entry }) => entry),
    ['new', 'both'] as never[],
  )
})

test.serial('--route sends failures to files of their own, everything else to --to', async t => {
  const folder = makeFolder(t)
  const lines = ['timeout', 'exit', 'timeout', 'parse', 'network'].map((kind, line) => failure({ kind, line }))
  const words = ['--to', 'f.ndjson', '--route', 'kind=timeout:slow.ndjson', '--route', 'stage=enrich:enrich.ndjson']
  const { code, out } = await run(folder, ['dlq', ...words], `1\n${lines.join('2\n')}`)
  t.is(code, 1)
  t.is(out, '1\n2\n2\n2\n2\n')
  const linesOf = (name: string) => readEntries(join(folder, name)).map(({ line }) => Number(line))
  t.deepEqual(linesOf('slow.ndjson'), [0, 2])
  t.deepEqual(linesOf('enrich.ndjson'), [1, 3, 4])
  t.is(statSync(join(folder, 'f.ndjson')).size, 0)
  const none = await run(folder, ['dlq', '--to', 'f.ndjson', '--route', 'kind=timeout:f.ndjson'], lines[0])
  t.is(none.code, 2)
  t.true(none.err.includes('is the same file'))
})

test.serial('a file that 2> made is listed, replayed and tidied up like any other', async t => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'in'), '{"a":1}\n{"a":2}\n')
  await shell(folder, `"$0" "$1" map -- sh -c 'echo oops >&2; exit 1' < in 2> f.ndjson`)
  const { out, err } = await run(folder, ['dlq', 'ls', 'f.ndjson', '--json'])
  t.is(out.split('\n').length, 3)
  t.regex(err, /[23] lines of f\.ndjson are not a failure record/)
  t.is((await run(folder, ['dlq', 'replay', 'f.ndjson', '--limit', '1', '--', 'cat'])).out, '{"a":1}\n')
  t.is((await run(folder, ['dlq', 'replay', 'f.ndjson', '--', 'false'])).code, 1)
  t.is((await run(folder, ['dlq', 'compact', 'f.ndjson'])).code, 0)
  t.is((await run(folder, ['dlq', 'replay', 'f.ndjson', '--', 'cat'])).out, '{"a":2}\n')
  t.true(existsSync(join(folder, 'f.ndjson.done')))
})
