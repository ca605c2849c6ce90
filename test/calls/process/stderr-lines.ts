import test from 'ava'
import { createStderrLines } from '../../../src/calls/process/stderr-lines.js'
import { failureOf, fixture, runCommand, until } from '../../helpers/children.js'

const collect = () => {
  const lines: string[] = []
  const stderr = createStderrLines(
    () => 7,
    (number, more) => {
      lines.push(...more.map(line => `${number}: ${line}`))
    },
  )
  return { lines, stderr }
}

test('lines are passed on whole with the number of the record', t => {
  const { lines, stderr } = collect()
  for (const part of ['on', 'e\ntw', 'o\n\nthr', 'ee']) void stderr.take(Buffer.from(part))
  t.deepEqual(lines, ['7: one', '7: two', '7: '])
  stderr.end()
  stderr.end()
  t.deepEqual(lines.slice(3), ['7: three'])
  t.is(stderr.tail(), 'one\ntwo\n\nthree')
})

test('a line without end is cut off, the next one is whole', t => {
  const { lines, stderr } = collect()
  for (let part = 0; part < 100; part++) void stderr.take(Buffer.alloc(1000, 'x'))
  void stderr.take(Buffer.from('\nnext\n'))
  t.deepEqual(lines, [`7: ${'x'.repeat(4096)}…`, '7: next'])
})

test('a line of exactly 4 KiB is whole, one byte more is cut', t => {
  const { lines, stderr } = collect()
  const whole = 'x'.repeat(4096)
  void stderr.take(Buffer.from(`${whole}\n${whole}y\n`))
  t.deepEqual(lines, [`7: ${whole}`, `7: ${whole}…`])
})

test('the end that is kept is 4 KiB at most and begins with a whole character', t => {
  const { stderr } = collect()
  void stderr.take(Buffer.from(`${'é'.repeat(5000)}x`))
  t.is(stderr.tail(), `${'é'.repeat(2047)}x`)
})

test('a flood on stderr is passed on cut, and the record succeeds', async t => {
  const lines: string[] = []
  const before = process.memoryUsage().rss
  const pass = (_number: number, more: readonly string[]) => void lines.push(...more)
  t.deepEqual(await runCommand([fixture('floods-stderr.sh'), '30000000'], '{}', { stderr: pass }), ['{}\n'])
  t.deepEqual(lines, [`${'x'.repeat(4096)}…`, 'last words'])
  t.true(process.memoryUsage().rss - before < 100 * 1024 * 1024)
})

test('a promise holds the command back, and nothing of stderr is lost', async t => {
  let open = 0
  let most = 0
  let bytes = 0
  const pass = async (_number: number, lines: readonly string[]) => {
    most = Math.max(most, ++open)
    for (const line of lines) bytes += line.length + 1
    await new Promise(done => setImmediate(done))
    open -= 1
  }
  const shell = { shell: true, stderr: pass }
  t.deepEqual(await runCommand(['yes | head -c 2000000 >&2; echo 1'], '{}', shell), ['1\n'])
  t.is(bytes, 2_000_000)
  t.is(most, 1)
})

test('a reader that never takes stderr does not delay an aborted call', async t => {
  const controller = new AbortController()
  const stderr = () => {
    controller.abort(new Error('over'))
    return new Promise<void>(() => {})
  }
  const running = runCommand(['yes >&2'], '{}', { shell: true, stderr, signal: controller.signal })
  t.is((await failureOf(running)).message, 'over')
})

test('an answer waits until its stderr is taken', async t => {
  let take = () => {}
  const taken = new Promise<void>(resolve => {
    take = resolve
  })
  let settled = false
  const running = runCommand(['echo one >&2; printf two >&2; echo 1'], '{}', {
    shell: true,
    stderr: (_number, lines) => {
      seen.push(...lines)
      return seen.length === 1 ? taken : undefined
    },
  }).then(lines => {
    settled = true
    return lines
  })
  const seen: string[] = []
  await until(t, 'the first line comes', () => seen.length > 0)
  t.false(settled)
  take()
  t.deepEqual(await running, ['1\n'])
  t.deepEqual(seen, ['one', 'two'])
})
