import test from 'ava'
import { formatRow, wrapProse } from '../../../src/cli/help/help.js'
import { streamz } from '../../helpers/cli.js'

const topics = ['', 'map', 'breaker', 'throttle', 'gate', 'dlq', 'dlq ls', 'dlq replay', 'exit-codes']

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
  title: (_, topic: string) => `help ${topic} lists every code it can end with, in order`,
  async exec(t, topic: string, wanted: readonly number[]) {
    const { stdout } = await streamz(t, ['help', ...topic.split(' ')])
    const [, list = ''] = String(stdout).split('\nExit codes (all: streamz help exit-codes):\n')
    t.deepEqual(
      [...list.matchAll(/^ +(\d+) {2}\w/gm)].map(([, code]) => Number(code)),
      wanted,
    )
  },
})

const ofStreams = [0, 1, 2, 65, 74, 75, 124, 129, 130, 131, 141, 143]
const ofCalls = [0, 1, 2, 65, 74, 75, 124, 126, 127, 129, 130, 131, 141, 143]
test(lists, 'take', ofStreams)
test(lists, 'gate', ofStreams)
test(lists, 'map', ofCalls)
test(lists, 'breaker', ofCalls)
test(lists, 'dlq replay', ofCalls)
test(lists, 'dlq purge', [0, 1, 2, 74, 75, 141])

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
