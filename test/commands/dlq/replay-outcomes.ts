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

const stage = (command: string, name: string | null = null) => ({ command, name, host: 'here', pid: 1 })
const many = (count: number, more: Parameters<typeof failure>[0] = {}, prefix = 'e') =>
  Array.from({ length: count }, (_, n) =>
    failure({ entry: `${prefix}${n}`, id: `${prefix}${n}`, line: n, record: `{"n":${n}}`, ...more }),
  )

const replay = (folder: string, ...words: readonly string[]) => run(folder, ['dlq', 'replay', 'f.ndjson', ...words])
const outcomes = (folder: string) =>
  readEntries(join(folder, 'f.ndjson.done')).map(({ entry, outcome, replays }) => [entry, outcome, replays])
const list = async (folder: string) =>
  (await run(folder, ['dlq', 'ls', 'f.ndjson', '--json'])).out
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))

const withoutResult: readonly (readonly string[])[] = [
  ['--js', 'async r => { globalThis.sent = r }'],
  ['--multi', '--js', 'r => []'],
  // With a call per record, not in tasks of many.
  ['--retries', '1', '--js', 'r => {}'],
  ['--retries', '1', '--multi', '--js', 'r => []'],
  ['--multi', '--', 'true'],
]
for (const words of withoutResult) {
  test.serial(`a replay by ${words.join(' ')} is done, and is not made again`, async t => {
    const folder = write(t, ...many(3))
    const first = await replay(folder, ...words)
    t.like(first, { code: 0, out: '' }, first.err)
    t.deepEqual(outcomes(folder).sort(), [0, 1, 2].map(n => [`e${n}`, 'filtered', 0]) as never)
    t.deepEqual(await list(folder), [])
    t.is((await replay(folder)).out, '')
    t.is((await run(folder, ['dlq', 'compact', 'f.ndjson'])).code, 0)
    t.is(readFileSync(join(folder, 'f.ndjson'), 'utf8'), '')
  })
}

test.serial('a script may drop some and answer for others', async t => {
  const folder = write(t, ...many(4))
  const { code, out } = await replay(folder, '--js', 'r => r.n % 2 ? r : undefined')
  t.like({ code, out }, { code: 0, out: '{"n":1}\n{"n":3}\n' })
  t.deepEqual(
    outcomes(folder)
      .map(([entry, outcome]) => `${entry} ${outcome}`)
      .sort(),
    ['e0 filtered', 'e1 done', 'e2 filtered', 'e3 done'],
  )
})

test.serial('one command is not called for the failures of two stages, with a message how to choose', async t => {
  const folder = write(
    t,
    ...many(3, { stage: stage('map', 'enrich') }, 'a'),
    ...many(1, { stage: stage('breaker') }, 'b'),
    ...many(1, { stage: stage('map') }, 'c'),
  )
  const refused = await replay(folder, '--', 'sh', '-c', 'echo called >&2')
  t.is(refused.code, 2)
  t.false(refused.err.includes('called\n'))
  t.regex(refused.err, /2 stages.*\n {2}3 entries: --stage "enrich"\n {2}2 entries: --stage "map"\n.*--any-stage/)
  // Records alone are nobody's business.
  t.like(await replay(folder), { code: 0, out: '{"n":0}\n{"n":1}\n{"n":2}\n{"n":0}\n{"n":0}\n' })
  // Counted are those that this run would call.
  t.like(await replay(folder, '--where', '.n == 2', '--', 'cat'), { code: 0, out: '{"n":2}\n' })
  t.like(await replay(folder, '--stage', 'map', '--', 'cat'), { code: 0, out: '{"n":0}\n{"n":0}\n' })
  t.like(await replay(folder, '--', 'cat'), { code: 0, out: '{"n":0}\n{"n":1}\n' })
})

test.serial('--any-stage calls one command for all', async t => {
  const folder = write(t, ...many(1, { stage: stage('map', 'enrich') }, 'a'), ...many(1, {}, 'b'))
  t.like(await replay(folder, '--any-stage', '--', 'cat'), { code: 0, out: '{"n":0}\n{"n":0}\n' })
})

test.serial('stats says which stage to give when there are several', async t => {
  const folder = write(t, ...many(2, { stage: stage('map', 'enrich') }, 'a'), ...many(1, { stage: stage('map') }, 'b'))
  const { out } = await run(folder, ['dlq', 'stats', 'f.ndjson'])
  t.regex(out, /streamz dlq replay --stage enrich f\.ndjson -- COMMAND\n.*--stage map f\.ndjson/s)
})

test.serial('a failure that may pass uses its replay at the end of the run', async t => {
  const folder = write(t, ...many(2))
  const words = ['--max-replays', '2', '--', 'sh', '-c', 'exit 75']
  const first = await replay(folder, ...words)
  t.is(first.code, 1)
  t.deepEqual(
    readEntries(join(folder, 'f.ndjson')).map(({ replays }) => replays),
    [0, 0, 0, 0],
  )
  t.deepEqual(outcomes(folder), [
    ['e0', 'charged', 1],
    ['e1', 'charged', 1],
  ] as never)
  t.deepEqual(
    (await list(folder)).map(({ replays, state, attempts }) => [replays, state, attempts]),
    [
      [1, 'waiting', 3],
      [1, 'waiting', 3],
    ],
  )
  const second = await replay(folder, ...words)
  t.is(second.code, 1)
  t.regex(second.err, /2 entries of f\.ndjson are parked, 2 of them now/)
  // There is nothing left that a replay could take.
  t.false(second.err.includes('; replay: '), second.err)
  t.is((await run(folder, ['dlq', 'unpark', 'f.ndjson'])).code, 0)
  t.deepEqual(
    (await list(folder)).map(({ replays }) => replays),
    [0, 0],
  )
})

test.serial('an outage uses up no replay, and parks nothing', async t => {
  const folder = write(t, ...many(30))
  const { code } = await replay(folder, '--max-replays', '1', '-j', '2', '--', 'sh', '-c', 'exit 75')
  t.is(code, 75)
  t.deepEqual(new Set((await list(folder)).map(({ replays, state }) => `${state} ${replays}`)), new Set(['waiting 0']))
})

test.serial('one parked entry is, two are; purge throws them away', async t => {
  const folder = write(t, ...many(1, { replays: 5 }))
  const { err } = await replay(folder, '--', 'cat')
  t.regex(err, /1 entry of f\.ndjson is parked, 1 of them now; .*dlq purge --state parked f\.ndjson/)
  t.is((await run(folder, ['dlq', 'purge', '--state', 'parked', 'f.ndjson'])).code, 0)
  t.is(readFileSync(join(folder, 'f.ndjson'), 'utf8'), '')
})

const calls: readonly (readonly string[])[] = [
  ['--', 'sh', '-c', 'echo call >> calls; rm -f f.ndjson.replay.lock; sleep 1.1; cat'],
  [
    '--js',
    `r => { const fs = process.getBuiltinModule('fs'); fs.appendFileSync('calls', 'call\\n'); fs.rmSync('f.ndjson.replay.lock', { force: true }); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100); return r }`,
  ],
]
for (const words of calls) {
  test.serial(`a replay that has lost its lock calls nothing more: ${words[0]}`, async t => {
    const folder = write(t, ...many(12))
    const { code, err } = await replay(folder, '-j', '1', ...words)
    t.is(code, 75, err)
    t.regex(err, /Another process took over the replay of f\.ndjson/)
    t.is(readFileSync(join(folder, 'calls'), 'utf8'), 'call\n')
    t.deepEqual(outcomes(folder), [['e0', 'done', 0]] as never)
  })
}
