import test, { type ExecutionContext } from 'ava'
import { until } from '../../helpers/children.js'
import { start } from '../../helpers/cli.js'
import { json, serve } from '../../helpers/http-server.js'
import { failures, lines, map, readSummary } from '../../helpers/map-http.js'

/** One origin that wants to be left alone for long, and one that answers. */
const serveTwo = async (t: ExecutionContext) => {
  const paused = await serve(t, (_, response) => json(response, 0, 429, { 'retry-after': '300' }))
  const open = await serve(t, ({ number }, response) => json(response, number))
  const hosts = ['--allow-host', `${paused.host},${open.host}`]
  const urls = (...servers: { origin: string }[]) => servers.map(({ origin }) => `${JSON.stringify({ origin })}\n`)
  return { paused, open, args: ['{.origin}/', ...hosts], urls }
}

test('a record that waits for one origin does not delay those for another, and is not an attempt', async t => {
  const { paused, open, args, urls } = await serveTwo(t)
  const flags = ['-j', '1', '--order-window', '10', '--summary', 'summary.json']
  const { child, finished } = start(t, ['map', '--http', ...args, ...flags])
  child.stdin?.write(urls(paused, paused, paused, open, open).join(''))
  await until(t, 'the other origin was asked twice', () => open.requests.length === 2)
  child.kill('SIGTERM')
  const { stderr, stdout, cwd } = await finished
  t.is(String(stdout), '1\n2\n')
  t.is(paused.requests.length, 1)
  t.deepEqual(
    failures(stderr).map(({ error, attempts }) => [error.kind, error.class, attempts]),
    [
      ['cancelled', 'transient', 0],
      ['cancelled', 'transient', 0],
      ['cancelled', 'transient', 0],
    ],
  )
  t.like(readSummary(cwd), { read: 5, delivered: 2, failed: 3, undelivered: 0 })
})

test('a deadline that passes while the origin wants to be left alone counts no attempt', async t => {
  const { paused, open, args, urls } = await serveTwo(t)
  const flags = ['-j', '1', '--record-deadline', '2s']
  // The first one takes the time to begin, which is not that of a request.
  const { out, failed } = await map(t, [...args, ...flags], { stdin: urls(open, paused, paused).join('') })
  t.deepEqual(out, [1])
  t.deepEqual(
    failed.map(({ error, attempts }) => [error.kind, attempts]),
    [
      ['deadline', 0],
      ['deadline', 0],
    ],
  )
  t.is(paused.requests.length, 1)
})

test('Retry-After holds back all records, and uses up no attempt', async t => {
  let until = 0
  let early = 0
  const server = await serve(t, ({ number }, response) => {
    if (performance.now() < until) early++
    if (number !== 5) return json(response, number)
    until = performance.now() + 990
    json(response, 0, 429, { 'retry-after': '1' })
  })
  const { out, failed, summary } = await map(t, [server.origin, '-j', '1'], { stdin: lines(20) })
  t.is(out.length, 20)
  t.deepEqual(failed, [])
  t.is(early, 0)
  t.is(server.requests.length, 21)
  t.is(summary.retried, 1)
})

test('with several calls at once none but those under way comes early', async t => {
  let until = 0
  let early = 0
  const server = await serve(t, ({ number }, response) => {
    if (performance.now() < until) early++
    if (number !== 10) return json(response, number)
    const date = new Date(Date.now() + 2000)
    // HTTP dates have no fractions.
    until = performance.now() + 900
    json(response, 0, 503, { 'retry-after': date.toUTCString() })
  })
  const { out } = await map(t, [server.origin, '-j', '4'], { stdin: lines(60) })
  t.is(out.length, 60)
  t.true(early <= 3, `${early} came early`)
})

test('an answer that says that no request is left slows all down', async t => {
  let until = 0
  let early = 0
  const server = await serve(t, ({ number }, response) => {
    if (performance.now() < until) early++
    if (number === 5) until = performance.now() + 990
    json(response, number, 200, { ratelimit: `"default";r=${number === 5 ? 0 : 9};t=1` })
  })
  const { out } = await map(t, [server.origin, '-j', '1'], { stdin: lines(10) })
  t.is(out.length, 10)
  t.is(early, 0)
  t.is(server.requests.length, 10)
})

test('a pause ends at once when the run is cut short', async t => {
  const server = await serve(t, (_, response) => json(response, 0, 429, { 'retry-after': '300' }))
  const { child, finished } = start(t, ['map', '--http', server.origin, '-j', '2', '--summary', 'summary.json'])
  child.stdin?.write(lines(6))
  await until(t, 'two requests are refused', () => server.requests.length === 2)
  const before = performance.now()
  child.kill('SIGTERM')
  const { exitCode, stderr, cwd } = await finished
  t.true(performance.now() - before < 9000)
  t.is(exitCode, 143)
  t.is(server.requests.length, 2)
  // Who was only refused was never called: the next run finds all of them.
  t.deepEqual(failures(stderr), [])
  t.regex(stderr, /undelivered=6 from line 1$/m)
  t.like(readSummary(cwd), { read: 6, failed: 0, undelivered: 6 })
})
