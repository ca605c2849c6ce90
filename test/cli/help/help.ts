import { readdirSync } from 'node:fs'
import test from 'ava'
import { Help } from 'commander'
import { createCommand } from '../../../src/cli/create-command.js'
import type { CommandModule } from '../../../src/cli/definition.js'
import { formatHelp } from '../../../src/cli/help/help.js'
import { formatRow, wrapCode, wrapProse } from '../../../src/cli/help/wrap.js'
import { streamz } from '../../helpers/cli.js'

const topics = [
  '',
  'map',
  'breaker',
  'throttle',
  'gate',
  'dlq',
  'dlq ls',
  'dlq replay',
  'exit-codes',
  'options',
  'topics',
]

for (const topic of topics) {
  test(`help ${topic}: no prose is wider than 80 columns`, async t => {
    const { stdout } = await streamz(t, ['help', ...topic.split(' ').filter(word => word !== '')])
    const wide = String(stdout)
      .split('\n')
      .filter(line => line.length > 80)
    // An example is one line to be copied.
    t.deepEqual(
      wide.filter(line => !/^ {2,4}(\S.*)?\bstreamz /.test(line)),
      [],
    )
  })
}

const lists = test.macro({
  title: (_, topic: string) => `help ${topic} lists the codes beyond the usual ones, in order`,
  async exec(t, topic: string, wanted: readonly number[]) {
    const { stdout } = await streamz(t, ['help', ...topic.split(' ')])
    const [, list = ''] = String(stdout).split('\nExit codes beyond the usual ones (streamz help exit-codes):\n')
    t.deepEqual(
      [...list.matchAll(/^ +(\d+) {2}\w/gm)].map(([, code]) => Number(code)),
      wanted,
    )
    t.true(String(stdout).includes('streamz help exit-codes'))
  },
})

test(lists, 'take', [])
test(lists, 'gate', [75])
test(lists, 'map', [75, 126, 127])
test(lists, 'breaker', [75, 126, 127])
test(lists, 'dlq purge', [75])

test('take --help has at most 40 lines of 80 columns, an option of every command on each', async t => {
  const { stdout } = await streamz(t, ['take', '--help'])
  const lines = String(stdout).trimEnd().split('\n')
  t.true(lines.length <= 40, String(stdout))
  t.true(lines.every(line => line.length <= 80))
  const [, common = ''] = String(stdout).split('\nOptions of every command: streamz help options\n')
  const rows = common.split('\n\n')[0]?.split('\n') ?? []
  t.true(rows.length > 15)
  for (const row of rows) t.regex(row, /^ {2}(-\w, )?--[a-z-]+( <\S+>)? {2,}\w|`/)
})

const pageOf = async (name: string, helpWidth: number) => {
  const { define } = (await import(`../../../src/commands/${name}.js`)) as CommandModule
  const definition = define()
  const helper = Object.assign(new Help(), { helpWidth })
  return formatHelp(definition.words, definition.options ?? [], createCommand(definition), helper)
}

test('the options of a command come first, those of every command after them', async t => {
  const { stdout } = await streamz(t, ['throttle', '--help'])
  const [own = '', common = ''] = String(stdout).split('Options of every command: streamz help options\n')
  t.regex(own, /^ {2}--rate <rate>/m)
  t.notRegex(own, /^ {2}--dlq <file>/m)
  t.regex(common, /^ {2}--dlq <file>/m)
})

test('help options says all about each option of every command', async t => {
  const { stdout } = await streamz(t, ['help', 'options'])
  t.regex(String(stdout), /--dlq-max <size> +maximum size of the dead-letter file \(1GiB\); when it is\s+reached/)
  t.regex(String(stdout), /^Failures:$/m)
})

test('the page of a verb is shown by its --help and by help', async t => {
  const byFlag = await streamz(t, ['breaker', 'status', '--help'])
  const byHelp = await streamz(t, ['help', 'breaker', 'status'])
  t.regex(String(byFlag.stdout), /Usage: streamz breaker status \(STATE/)
  t.deepEqual(byFlag.stdout, byHelp.stdout)
})

test('help topics names every command, verb and page of the docs, and each of them is shown', async t => {
  const { stdout } = await streamz(t, ['help', 'topics'])
  const topics = [...String(stdout).matchAll(/^ {2}(\S+(?: \S+)?)(?: {2,}|$)/gm)].map(([, topic = '']) => topic)
  const commands = readdirSync('src/commands').filter(file => file.endsWith('.ts'))
  for (const file of commands) t.true(topics.includes(file.replace('.ts', '')), file)
  for (const file of readdirSync('docs'))
    t.true(topics.includes(file) || topics.includes(file.replace('.md', '')), file)
  for (const topic of topics) {
    const page = await streamz(t, ['help', ...topic.split(' ')])
    t.is(page.exitCode, 0, topic)
    t.true(page.stdout.length > 100, topic)
  }
})

test('a page of the docs is put into lines; its code and its tables can be read', async t => {
  const { stdout } = await streamz(t, ['help', 'records'])
  const page = String(stdout)
  t.regex(page, /^Records and failures\n=+\n/)
  t.notRegex(page, /```|\*\*|\]\(|^\|/m)
  t.true(page.includes(`\n    echo '{"id":7}' | streamz map --stage enrich -- false # exits 1\n`))
  t.regex(page, /^ {2}replays +how many times it was replayed from a dead-letter\n {20,}file$/m)
  const wide = page.split('\n').filter(line => line.length > 80 && !line.startsWith('    '))
  t.deepEqual(wide, [])
})

test('help names the page that was probably meant', async t => {
  const { stderr, exitCode } = await streamz(t, ['help', 'recipe'])
  t.is(exitCode, 2)
  t.true(stderr.includes("did you mean 'recipes'?\nSee: streamz help topics"), stderr)
})

test('the overview documents --version', async t => {
  const { stdout } = await streamz(t, ['--help'])
  t.regex(String(stdout), /^ {2}-V, --version +print the version$/m)
})

test('a line of code is broken between words, outside of quotes, so that it can be copied', async t => {
  t.deepEqual(wrapCode("streamz map -- echo 'a b c d e f' x y", 24, '  '), [
    '  streamz map -- echo \\',
    "    'a b c d e f' x y",
  ])
  t.deepEqual(wrapCode('streamz take 3', undefined, '  '), ['  streamz take 3'])
  const page = await pageOf('breaker', 60)
  t.deepEqual(
    page.split('\n').filter(line => line.length > 60 && line.trim().includes(' ')),
    [],
  )
  t.regex(page, /streamz breaker --state api\.json --on-open fail -- wc -c \\\n {4}< orders\.ndjson\n/)
})

test('help exit-codes has a heading and is sorted', async t => {
  const { stdout } = await streamz(t, ['help', 'exit-codes'])
  const [heading, ...rows] = String(stdout).trimEnd().split('\n')
  t.is(heading, 'Exit codes of every command:')
  const codes = rows.map(row => Number(/^ +(\d+) /.exec(row)?.[1]))
  t.deepEqual(
    codes,
    [...codes].sort((one, other) => one - other),
  )
})

test('prose is put into lines anew, numbered items apart', t => {
  const text = 'First line\nsecond line:\n  1. one two three\n     four\n  2. five\n\nLast.'
  t.is(wrapProse(text, 18), 'First line second\nline:\n  1. one two three\n     four\n  2. five\n\nLast.')
})

test('a term that is too long has a line of its own', t => {
  t.is(formatRow('term', 'one two', 6, 12), '  term  one\n        two')
  t.is(formatRow('long term', 'one two', 6, 20), '  long term\n        one two')
})

const says = test.macro({
  title: (_, args: readonly string[]) => `streamz ${args.join(' ')}: says the way out`,
  async exec(t, args: readonly string[], code: number, ...wanted: readonly string[]) {
    const { stderr, exitCode } = await streamz(t, args)
    t.is(exitCode, code)
    for (const part of wanted) t.true(String(stderr).includes(part), String(stderr))
  },
})

test(says, ['map', '--', 'cat | wc'], 127, '--shell -- ', '-- grep -v refund')
test(says, ['map', '--', 'cat -n'], 127, '--shell -- ', '-- grep -v refund')
test(says, ['take', '3', '--tolerate', '200%'], 2, 'from 0% to 100%')
test(says, ['take'], 2, "Missing required argument 'count'; example: streamz take 3 < orders.ndjson")
test(says, ['throttle', '--rate'], 2, '; example: streamz throttle --rate 10/s')
test(says, ['map', '--order'], 2, '; example: --order input')
test(says, ['dlq', 'show', 'f'], 2, 'See: streamz help dlq show\n')
test(says, ['dlq', 'show'], 2, 'See: streamz help dlq show\n')
test(says, ['dlq'], 2, 'See: streamz help dlq\n')
