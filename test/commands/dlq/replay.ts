import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { failure, readEntries, run, start } from '../../helpers/dlq.js'
import { killReplays } from '../../helpers/kill-replays.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const write = (t: ExecutionContext, ...lines: readonly string[]) => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'f.ndjson'), lines.join(''))
  return folder
}
const many = (count: number, more: Parameters<typeof failure>[0] = {}) =>
  Array.from({ length: count }, (_, n) =>
    failure({ entry: `e${n}`, id: `id-${n}`, line: n, record: `{"n":${n}}`, ...more }),
  )

const replay = (folder: string, ...words: readonly string[]) => run(folder, ['dlq', 'replay', 'f.ndjson', ...words])
const readJournal = (folder: string) => readEntries(join(folder, 'f.ndjson.done'))
const list = async (folder: string, ...flags: readonly string[]) =>
  (await run(folder, ['dlq', 'ls', 'f.ndjson', '--json', ...flags])).out
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))

test.serial('replay gives the records of all waiting entries, byte for byte, oldest first', async t => {
  const records = ['{"a":1.0, "b":12345678901234567890,"a":"\\u00e9"}', '"text"', 'null', '[1,  2]']
  const entries = records.map((record, n) => failure({ entry: `e${n}`, record }))
  const folder = write(
    t,
    ...entries,
    'something else\n',
    failure({ entry: 'raw', raw: '{"cut": \t"\u0001é' }),
    failure({ entry: 'e1', record: '"text"', replays: 1 }),
    `${failure({ entry: 'bytes' }).split(',"record"')[0]},"raw_base64":"/wAB"}\n`,
  )
  const { code, out, err } = await replay(folder)
  t.is(code, 0, err)
  t.is(out, `${[records[0], records[2], records[3], '{"cut": \t"\u0001é', '"text"', '\ufffd\0\u0001'].join('\n')}\n`)
  t.false(existsSync(join(folder, 'f.ndjson.done')))
})

test.serial('what succeeds is done and never comes back, what fails is updated, results go to stdout', async t => {
  const folder = write(t, ...many(4))
  const script = 'read l; case "$l" in *2*) exit 9;; esac; echo "{\\"id\\":\\"$STREAMZ_ID\\",\\"of\\":$l}"'
  const first = await replay(folder, '--', 'sh', '-c', script)
  t.is(first.code, 1, first.err)
  const wanted = [0, 1, 3].map(n => `{"id":"id-${n}","of":{"n":${n}}}\n`)
  t.is(first.out, wanted.join(''))
  t.regex(first.err, /1 of 4 records failed \(1 exit\); kept in f\.ndjson; replay: streamz dlq replay f\.ndjson -- …/)
  t.deepEqual(
    readJournal(folder).map(({ entry, outcome, replays }) => [entry, outcome, replays]),
    [0, 1, 3].map(n => [`e${n}`, 'done', 0]),
  )
  const [waiting, ...none] = await list(folder)
  t.is(none.length, 0)
  t.like(waiting, { entry: 'e2', attempts: 3, replays: 1, kind: 'exit', message: 'Command exited with 9' })
  t.is(waiting.first_failed_at, '2026-11-23T09:00:00.000Z')
  const second = await replay(folder, '--', 'cat')
  t.is(second.out, '{"n":2}\n')
  t.is(second.code, 0)
  t.is((await replay(folder, '--', 'cat')).out, '')
})

test.serial('30% fail again: counted, parked after 3 replays, and brought back by unpark', async t => {
  const folder = write(t, ...many(20))
  const fails = ['--', 'sh', '-c', 'read l; case "$l" in *[147]}) exit 1;; esac; echo "$l"']
  const first = await replay(folder, ...fails)
  t.is(first.out.split('\n').length, 15)
  for (let round = 2; round <= 3; round++) {
    const { out, err, code } = await replay(folder, ...fails)
    t.is(out, '')
    t.is(code, 1)
    t.is(err.includes('6 entries of f.ndjson are parked, 6 of them now;'), round === 3, err)
  }
  const parked = await list(folder)
  t.deepEqual(
    parked.map(({ state, replays, attempts }) => [state, replays, attempts]),
    Array.from({ length: 6 }, () => ['parked', 3, 5]),
  )
  const skipped = await replay(folder, ...fails)
  t.is(skipped.code, 1)
  t.regex(skipped.err, /6 entries of f\.ndjson are parked; see them: streamz dlq ls --state parked f\.ndjson; /)
  t.is((await replay(folder, '--tolerate', '6', ...fails)).code, 0)
  const shown = await replay(folder)
  t.like(shown, { out: '', code: 0 })
  t.regex(shown.err, /6 entries of f\.ndjson are parked/)
  t.is((await run(folder, ['dlq', 'unpark', 'f.ndjson', 'e11'])).code, 0)
  t.is((await replay(folder)).out, '{"n":11}\n')
  t.is((await run(folder, ['dlq', 'unpark', 'f.ndjson'])).code, 0)
  t.deepEqual(
    (await list(folder, '--state', 'waiting')).map(({ replays }) => replays),
    [0, 0, 0, 0, 0, 0],
  )
  const last = await replay(folder, '--', 'cat')
  t.is(last.out.split('\n').length, 7)
})

test.serial('an entry that failed often enough already is parked, not called', async t => {
  const folder = write(t, ...many(2, { replays: 5 }))
  t.is((await replay(folder, '--', 'cat')).out, '')
  t.deepEqual(
    (await list(folder)).map(({ state }) => state),
    ['parked', 'parked'],
  )
  t.is(
    (await replay(write(t, ...many(2, { replays: 5 })), '--max-replays', '6', '--', 'cat')).out,
    '{"n":0}\n{"n":1}\n',
  )
})

test.serial(
  'only what was called counts as a record of a replay: what is done, parked or outdated does not',
  async t => {
    const folder = write(t, ...many(5), ...many(1, { replays: 5, entry: 'parked' }))
    await replay(folder, '--limit', '2', '--', 'cat')
    await replay(folder, '--limit', '1', '--', 'false')
    const { err } = await replay(folder, '--', 'sh', '-c', 'read x; [ "$x" = \'{"n":3}\' ] && echo 1')
    t.regex(err, /(?:^|\n)streamz dlq replay: 2 of 3 records failed \(2 exit\)/)
  },
)

test.serial('what was never tried uses no replay, neither before nor now', async t => {
  const folder = write(t, ...many(1, { kind: 'breaker_open' }))
  await replay(folder, '--', 'false')
  t.like((await list(folder))[0], { kind: 'exit', replays: 0, state: 'waiting' })
  await replay(folder, '--', 'false')
  t.like((await list(folder))[0], { kind: 'exit', replays: 1 })
  const before = readFileSync(join(folder, 'f.ndjson'))
  const { child, ended } = start(folder, [
    ...['dlq', 'replay', 'f.ndjson', '--drain', '1s', '--kill-after', '100ms', '--'],
    ...['sh', '-c', 'echo begun >&2; sleep 30'],
  ])
  child.stderr?.once('data', () => child.kill('SIGTERM'))
  t.is((await ended).code, 143)
  t.deepEqual(readFileSync(join(folder, 'f.ndjson')), before)
  t.false(existsSync(join(folder, 'f.ndjson.done')) && readJournal(folder).length > 0)
})

test.serial('one replay at a time; compact and unpark are refused too; a dead replay blocks nothing', async t => {
  const folder = write(t, ...many(1))
  const { child, ended } = start(folder, ['dlq', 'replay', 'f.ndjson', '--', 'sh', '-c', 'echo begun >&2; sleep 30'])
  await new Promise(resolve => child.stderr?.once('data', resolve))
  const others = [
    ['replay', 'f.ndjson', '--', 'cat'],
    ['compact', 'f.ndjson'],
  ]
  for (const words of others) {
    const { code, err } = await run(folder, ['dlq', ...words])
    t.is(code, 75)
    t.true(err.includes(`process ${child.pid}`), err)
  }
  child.kill('SIGKILL')
  await ended
  const { code, out, err } = await replay(folder, '--', 'cat')
  t.is(code, 0, err)
  t.is(out, '{"n":0}\n')
})

test.serial('the same record failing on two days is two entries, both replayable', async t => {
  const folder = makeFolder(t)
  for (let day = 0; day < 2; day++) {
    const ran = await run(folder, ['map', '--dlq', 'f.ndjson', '--', 'false'], '{"order":7}\n')
    t.is(ran.code, 1)
    t.regex(ran.err, /1 of 1 records failed \(1 exit\); kept in f\.ndjson; replay: streamz dlq replay f\.ndjson -- …/)
    t.is((await replay(folder, '--limit', '1', '--', 'cat')).out, '{"order":7}\n')
  }
  const entries = readEntries(join(folder, 'f.ndjson'))
  t.is(entries.length, 2)
  t.is(entries[0]?.id, entries[1]?.id)
  t.not(entries[0]?.entry, entries[1]?.entry)
})

test.serial('entries that are appended meanwhile wait for the next replay', async t => {
  const folder = write(t, ...many(2))
  const script = `read l; cat more >> f.ndjson; echo "$l"`
  writeFileSync(join(folder, 'more'), failure({ entry: 'late', record: '"late"' }))
  t.is((await replay(folder, '-j', '1', '--', 'sh', '-c', script)).out, '{"n":0}\n{"n":1}\n')
  t.is((await replay(folder)).out, '"late"\n')
})

test.serial('--limit, --rate, --dry-run and selection', async t => {
  const folder = write(t, ...many(5))
  t.is((await replay(folder, '--limit', '2')).out, '{"n":0}\n{"n":1}\n')
  const calls = await replay(folder, '--limit', '2', '--dry-run', '--', 'echo', '{.n}')
  t.is(calls.out, '["echo","0"]\n["echo","1"]\n')
  t.false(existsSync(join(folder, 'f.ndjson.done')))
  const rows = await replay(folder, '--dry-run', '--where', '.n == 3')
  t.regex(rows.out, /^e3 .* Command exited with 3\n$/)
  const began = performance.now()
  t.is((await replay(folder, '--rate', '10/s')).out.split('\n').length, 6)
  t.true(performance.now() - began >= 380)
  t.is((await replay(folder, '--rate', '1/h', '--limit', '1', '--', 'cat')).out, '{"n":0}\n')
  t.is(readJournal(folder).length, 1)
})

test.serial('damage is counted and stops nothing; what holds no whole record stays', async t => {
  const cut = failure({ entry: 'cut' }).slice(0, 99)
  const long = failure({ entry: 'long', kind: 'too_long', raw: 'the beginning' })
  const folder = write(t, `${cut}\n`, ...many(2), long, failure({ entry: 'last', record: '3' }))
  for (const words of [[], ['--', 'cat']]) {
    const { code, out, err } = await replay(folder, ...words)
    t.is(code, 1)
    t.is(out, '{"n":0}\n{"n":1}\n3\n')
    t.true(err.includes('1 line of f.ndjson'), err)
    t.true(err.includes('2 of 5 records failed (1 parse, 1 too_long)'), err)
  }
  t.is(readFileSync(join(folder, 'f.ndjson'), 'utf8').split('\n').length, 6)
})

test.serial('a call that gives no lines is done too', async t => {
  const folder = write(t, ...many(3))
  const { code, out } = await replay(folder, '--multi', '--', 'sh', '-c', 'grep -v 1 || true')
  t.is(code, 0)
  t.is(out, '{"n":0}\n{"n":2}\n')
  t.is(readJournal(folder).length, 3)
})

test.serial('what the reader did not take is not done', async t => {
  const folder = write(t, ...many(3))
  const { child, ended } = start(folder, ['dlq', 'replay', 'f.ndjson', '-j', '1', '--', 'sh', '-c', 'sleep 0.3; cat'])
  child.stdout?.destroy()
  await ended
  t.is((await replay(folder)).out, '{"n":0}\n{"n":1}\n{"n":2}\n')
})

test.serial('an outage ends a replay and a map with 75, poison does not', async t => {
  const records = Array.from({ length: 60 }, (_, n) => `{"n":${n}}\n`).join('')
  const folder = makeFolder(t)
  const words = ['map', '-j', '2', '--dlq', 'f.ndjson']
  const poison = await run(
    folder,
    [...words, '--', 'sh', '-c', 'read l; case "$l" in *[147]}) exit 1;; esac; echo 1'],
    records,
  )
  t.is(poison.code, 1, poison.err)
  const down = await run(folder, [...words, '--', 'sh', '-c', 'exit 75'], records)
  t.is(down.code, 75)
  t.regex(down.err, /looks like an outage/)
  const kept = readEntries(join(folder, 'f.ndjson')).length - 18
  t.true(kept >= 20 && kept <= 20 + 8, `${kept} failures`)
  const again = await replay(folder, '-j', '2', '--', 'sh', '-c', 'exit 75')
  t.is(again.code, 75)
  appendFileSync(join(folder, 'f.ndjson'), many(1).join(''))
  const off = await replay(folder, '-j', '2', '--any-stage', '--dlq-outage', 'off', '--', 'sh', '-c', 'exit 75')
  t.is(off.code, 1, off.err)
})

test.serial('kill -9 while replaying: nothing done comes back, at most what was in flight is called again', async t => {
  const { rounds, problems } = await killReplays(makeFolder(t), { rounds: 3, entries: 60 })
  t.is(rounds, 3)
  t.deepEqual(problems, [])
})
