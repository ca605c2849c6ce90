import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Command } from 'commander'
import { parseCommand } from '../../../src/cli/create-command.js'
import { createSelection, listSelectOptions } from '../../../src/commands/dlq/select.js'
import { define } from '../../../src/commands/dlq.js'
import { createDeadLetterReader } from '../../../src/core/dead-letters/reader.js'
import { failure, run } from '../../helpers/dlq.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const write = (t: ExecutionContext, ...lines: readonly string[]) => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'f.ndjson'), lines.join(''))
  return folder
}

const at = (time: string) => `2026-11-${time}:00.000Z`

const mixed = [
  failure({ entry: 'a', message: 'Line 7 is late', kind: 'timeout', time: at('20T10:00') }),
  failure({ entry: 'b', message: 'Line 12 is late', kind: 'timeout', time: at('22T10:00') }),
  failure({ entry: 'c', kind: 'exit', time: at('21T10:00'), record: '{"user":"ann"}' }),
  '[3] something that a program said\n',
  'streamz map: 3 of 9 records failed\n',
  failure({ entry: 'a', message: 'Command exited with 1', kind: 'exit', replays: 1, time: at('23T10:00') }),
]

// The lines that count.
const current = [mixed[1] ?? '', mixed[2] ?? '', mixed[5] ?? '']

test.serial('stats counts entries by cause, digits folded, an updated entry once', async t => {
  const folder = write(t, ...mixed)
  const { code, out, err } = await run(folder, ['dlq', 'stats', 'f.ndjson', '--json'])
  t.is(code, 0, err)
  const stats = JSON.parse(out)
  t.like(stats, { entries: 3, waiting: 3, parked: 0, done: 0, damaged: 0, foreign: 2 })
  t.deepEqual(stats.by_kind, { exit: 2, timeout: 1 })
  t.deepEqual(stats.by_stage, { enrich: 3 })
  t.like(stats, { first_seen: at('20T10:00'), last_seen: at('23T10:00') })
  t.deepEqual(
    stats.causes.map(({ count, message }: Record<string, unknown>) => [count, message]),
    [
      [2, 'Command exited with #'],
      [1, 'Line # is late'],
    ],
  )
  t.true(err.includes('2 lines of f.ndjson are not a failure record'))
})

test.serial('stats counts what the journal says is done or parked', async t => {
  const folder = write(t, ...mixed)
  const lines = [
    { entry: 'b', replays: 0, outcome: 'done', time: at('24T10:00') },
    { entry: 'c', replays: 3, outcome: 'parked', time: at('24T10:00') },
    { entry: 'gone', replays: 3, outcome: 'done', time: at('24T10:00') },
  ]
  writeFileSync(join(folder, 'f.ndjson.done'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const { out } = await run(folder, ['dlq', 'stats', 'f.ndjson', '--json'])
  t.like(JSON.parse(out), { entries: 2, waiting: 1, parked: 1, done: 1 })
  const samples = async (...args: string[]) =>
    JSON.parse((await run(folder, ['dlq', 'stats', 'f.ndjson', '--json', ...args])).out).causes.map(
      (cause: Record<string, unknown>) => [cause.sample, cause.first_seen, cause.last_seen],
    )
  t.deepEqual(await samples(), [['a', at('21T10:00'), at('23T10:00')]])
  t.deepEqual(await samples('--state', 'parked'), [['c', at('21T10:00'), at('21T10:00')]])
  t.deepEqual(await samples('--state', 'done'), [['b', at('22T10:00'), at('22T10:00')]])
  const done = await run(folder, ['dlq', 'ls', 'f.ndjson', '--state', 'done', '--json'])
  t.like(JSON.parse(done.out), { entry: 'b', state: 'done' })
})

test.serial('a picture has a bar and a sample for each cause, and no raw escapes', async t => {
  const escapes = '\u001b]0;x\u0007\u009b31m'
  const record = `"${JSON.stringify(escapes).slice(1, -1)}\u009b31m"`
  const folder = write(t, failure({ entry: 'a', message: `red ${escapes}`, record }), failure({ entry: 'b' }))
  const verbs = [['stats'], ['ls'], ['show', 'a'], ['ls', '--json'], ['stats', '--json']]
  for (const [verb = '', ...more] of verbs) {
    const { out, code } = await run(folder, ['dlq', verb, 'f.ndjson', ...more])
    t.is(code, 0)
    t.notRegex(out, /[\u001b\u0007\u009b]/, verb)
    t.true(out.includes('\\u009b'), out)
  }
  const { out } = await run(folder, ['dlq', 'stats', 'f.ndjson'])
  t.regex(out, /^f\.ndjson: 2 entries, \d/)
  t.regex(
    out,
    /^1 █+ exit {2}enrich: Command exited with #\n {2}at 2026-11-23 \d\d:00:00 [+-]\d\d:\d\d {2}e\.g\. b: \{"n":1\}$/m,
  )
  t.regex(out, /streamz dlq replay f\.ndjson -- COMMAND/)
})

test.serial('damaged lines are counted, everything else is read, exit 1', async t => {
  const torn = failure({ entry: 'x' }).slice(0, 60)
  const folder = write(
    t,
    `${torn}\n`,
    torn + failure({ entry: 'b' }),
    failure({ entry: 'c' }),
    '\0\0\0',
    failure(),
    torn,
  )
  for (const verb of ['stats', 'ls']) {
    const { code, out, err } = await run(folder, ['dlq', verb, 'f.ndjson', '--json'])
    t.is(code, 1)
    t.true(err.includes('4 lines of f.ndjson'), err)
    t.is(verb === 'stats' ? JSON.parse(out).entries : JSON.parse(out).entry, verb === 'stats' ? 1 : 'c')
  }
})

const selections: readonly (readonly [flags: readonly string[], entries: readonly string[]])[] = [
  [[], ['b', 'c', 'a']],
  [
    ['--kind', 'exit'],
    ['c', 'a'],
  ],
  [
    ['--kind', 'exit,timeout'],
    ['b', 'c', 'a'],
  ],
  [
    ['--since', '2026-11-22'],
    ['b', 'a'],
  ],
  [['--until', '2026-11-22T10:00:00Z'], ['c']],
  [['--since', '2026-11-22', '--until', '2026-11-23'], ['b']],
  [['--where', '.user == "ann"'], ['c']],
  [['--where', '.n == 1', '--kind', 'timeout'], ['b']],
  [['--where', '.n != 1'], ['c']],
  [['--where', '.user =~ "^an" || .n < 1'], ['c']],
  [['--where', '.n == 1', '--where', '.user == "ann"'], []],
  [
    ['--stage', 'enrich', '--class', 'permanent'],
    ['b', 'c', 'a'],
  ],
  // They have names of their own.
  [['--stage', 'map'], []],
  [['--stage', 'other'], []],
  [['--class', 'transient,input'], []],
]
for (const [flags, wanted] of selections) {
  test(`${flags.join(' ') || 'no option'} selects ${wanted.join(' ') || 'nothing'}`, t => {
    const command = new Command()
    for (const option of listSelectOptions()) command.addOption(option)
    command.parse(flags, { from: 'user' })
    const selection = createSelection(command.opts())
    const reader = createDeadLetterReader(selection.fields, selection.where)
    const selected = current.filter(line => {
      const bytes = Buffer.from(line)
      return reader.read(bytes, 0, bytes.length) && selection.matches(reader)
    })
    t.deepEqual(
      selected.map(line => JSON.parse(line).entry),
      wanted,
    )
  })
}

test.serial('ls, stats and replay select', async t => {
  const folder = write(t, ...mixed)
  const flags = ['--where', '.user == "ann"', '--kind', 'exit']
  const ls = await run(folder, ['dlq', 'ls', 'f.ndjson', '--json', ...flags])
  t.like(JSON.parse(ls.out), { entry: 'c', kind: 'exit', state: 'waiting', stage: 'enrich', attempts: 2, replays: 0 })
  t.is(JSON.parse((await run(folder, ['dlq', 'stats', 'f.ndjson', '--json', ...flags])).out).entries, 1)
  t.is((await run(folder, ['dlq', 'replay', 'f.ndjson', ...flags])).out, '{"user":"ann"}\n')
})

test.serial('show finds an entry by the beginning of its name, and gives its line byte for byte', async t => {
  const line = failure({ entry: 'abcdef', record: '{"a" : 1.0,"b":12345678901234567890}' })
  const folder = write(t, line, failure({ entry: 'xyz' }))
  t.is((await run(folder, ['dlq', 'show', 'f.ndjson', 'abc', '--json'])).out, line)
  const text = await run(folder, ['dlq', 'show', 'f.ndjson', 'abcdef'])
  t.regex(text.out, /^abcdef {2}waiting\n/)
  t.true(text.out.includes('{"a" : 1.0,"b":12345678901234567890}'))
  const none = await run(folder, ['dlq', 'show', 'f.ndjson', 'nothing'])
  t.is(none.code, 1)
  t.true(none.err.includes('No such entry in f.ndjson'))
  t.is((await run(folder, ['dlq', 'show', 'f.ndjson'])).code, 2)
  t.is((await run(folder, ['dlq', 'show', 'f.ndjson', '--kind', 'exit', '--json'])).out.split('\n').length, 3)
})

test.serial('more causes than can be told apart are taken together', async t => {
  const name = (index: number) => `${String.fromCharCode(97 + (index % 26))}${'x'.repeat(Math.floor(index / 26))}`
  const folder = write(t, ...Array.from({ length: 1100 }, (_, index) => failure({ line: index, message: name(index) })))
  const { out } = await run(folder, ['dlq', 'stats', 'f.ndjson', '--json'])
  const { entries, causes } = JSON.parse(out)
  t.is(entries, 1100)
  t.is(causes.length, 1001)
  t.like(causes[0], { count: 100, message: null })
})

const mistakes: readonly (readonly [args: readonly string[], message: string])[] = [
  [['dlq', 'stat', 'f.ndjson'], "did you mean 'stats'"],
  [['dlq', 'ls', 'f.ndjson', '--kind', 'timeuot'], 'did you mean timeout'],
  [['dlq', 'ls', 'f.ndjson', '--since', 'yesterday'], '--since'],
  [['dlq', 'ls', 'f.ndjson', '--where', 'user'], '--where: column 1: user is not a field'],
  [['dlq', 'ls', 'f.ndjson', '--where', '.user=ann'], 'did you mean \'.user == "ann"\'?'],
  [['dlq', '--quiet', 'ls', 'f.ndjson'], 'put options after the verb'],
  [['dlq', 'purge', 'f.ndjson'], '--older-than'],
  [['dlq', 'replay', 'f.ndjson', '--dlq', 'x', '--', 'cat'], '--dlq'],
  [['dlq', 'replay', 'f.ndjson', '--'], 'No COMMAND was given'],
  [['dlq', 'replay', 'f.ndjson', '--rate', '1MB/s'], 'entries are counted'],
  [['dlq', '--to', 'x', '--route', 'kind=timeuot:y'], 'did you mean timeout'],
  [['dlq', '--to', 'x', '--route', 'mood=bad:y'], 'kind, class, stage or status'],
]
for (const [args, message] of mistakes) {
  test(`${args.join(' ')} is refused`, async t => {
    const dashes = args.indexOf('--')
    const ours = dashes === -1 ? args : args.slice(0, dashes)
    const rest = dashes === -1 ? undefined : args.slice(dashes + 1)
    const refused = async () => {
      const { definition, invocation } = parseCommand(define(), ours.slice(1), rest)
      definition.prepare(invocation)
    }
    const error = await t.throwsAsync(refused)
    t.true(error?.name === 'UsageError' || error?.name === 'CommanderError', String(error?.stack))
    t.true(error?.message.includes(message), error?.message)
  })
}

test.serial('a file that is not there, a folder: said so, exit 74', async t => {
  const folder = write(t)
  for (const verb of ['ls', 'replay', 'compact']) {
    const { code, err } = await run(folder, ['dlq', verb, 'nothing.ndjson'])
    t.is(code, 74)
    t.true(err.includes('Dead-letter file nothing.ndjson does not exist'), err)
  }
  t.is((await run(folder, ['dlq', 'ls', '.'])).code, 74)
})

test.serial('help shows the verbs, and each verb its own', async t => {
  const folder = write(t)
  const all = await run(folder, ['help', 'dlq'])
  for (const verb of ['stats', 'ls', 'show', 'replay', 'unpark', 'purge', 'compact']) {
    t.regex(all.out, new RegExp(`^  ${verb} `, 'm'))
    if (verb !== 'replay') continue
    const own = await run(folder, ['dlq', verb, '--help'])
    t.is(own.code, 0)
    t.regex(own.out, new RegExp(`^Usage: streamz dlq ${verb} `, 'm'))
    t.is((await run(folder, ['help', 'dlq', verb])).out, own.out)
  }
})
