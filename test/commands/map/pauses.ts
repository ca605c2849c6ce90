import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { streamz } from '../../helpers/cli.js'
import { json, serve } from '../../helpers/http-server.js'
import { lines, readSummary } from '../../helpers/map-http.js'
import { makeFolder } from '../../helpers/temporary-folder.js'
import { createTokenBucket } from '../../helpers/token-bucket.js'

const tomorrow =
  /^streamz \w+( \w+)?: The service asks to wait until (\d{4}-\d\d-\d\d )?\d\d:\d\d; undelivered=17 from line 4$/m

test('a quota that is used up until tomorrow ends the run, and the next day goes on where it was', async t => {
  let isTomorrow = false
  let refusedAt = 0
  const server = await serve(t, ({ number, body }, response) => {
    if (number <= 3 || isTomorrow) return json(response, JSON.parse(body))
    refusedAt ||= performance.now()
    json(response, 0, 429, { 'retry-after': '86400' })
  })
  const cwd = makeFolder(t)
  const args = ['map', '--http', server.origin, '-j', '1', '--dlq', 'failed.ndjson', '--summary', 'summary.json']
  const { exitCode, stdout, stderr } = await streamz(t, args, { stdin: lines(20), cwd })
  const waited = performance.now() - refusedAt
  t.is(exitCode, 75, stderr)
  // A second when nothing else runs; what matters is that nobody waits for tomorrow, nor for the ten minutes of --max-pause.
  t.true(waited < 20_000, `ended after ${waited} ms`)
  t.is(String(stdout), lines(3))
  t.regex(stderr, tomorrow)
  t.false(existsSync(join(cwd, 'failed.ndjson')) && readFileSync(join(cwd, 'failed.ndjson'), 'utf8') !== '')
  t.like(readSummary(cwd), { delivered: 3, failed: 0 })
  isTomorrow = true
  const skipped = await streamz(t, ['skip', '3'], { stdin: lines(20), cwd })
  const next = await streamz(t, args, { stdin: String(skipped.stdout), cwd })
  t.is(next.exitCode, 0, next.stderr)
  t.is(`${stdout}${next.stdout}`, lines(20))
})

for (const [way, headers] of Object.entries({
  'Retry-After': { 'retry-after': '86400' },
  'a reset header': { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '24h0m0s' },
})) {
  test(`a quota of ten that is used up, told by ${way}: all defaults end at once, and no record is lost`, async t => {
    let refusedAt = 0
    let isTomorrow = false
    const server = await serve(t, ({ number, body }, response) => {
      if (number <= 10 || isTomorrow) return json(response, JSON.parse(body))
      refusedAt ||= performance.now()
      json(response, 0, 429, headers)
    })
    const cwd = makeFolder(t)
    const args = ['map', '--http', server.origin, '--dlq', 'failed.ndjson']
    const { exitCode, stdout, stderr } = await streamz(t, args, { stdin: lines(300), cwd })
    const waited = performance.now() - refusedAt
    t.is(exitCode, 75, stderr)
    t.true(waited < 20_000, `ended after ${waited} ms`)
    const from = Number(/The service asks to wait until .*; undelivered=\d+ from line (\d+)$/m.exec(stderr)?.[1])
    t.is(String(stdout), lines(from - 1))
    t.true(from > 1 && from <= 11, stderr)
    t.false(existsSync(join(cwd, 'failed.ndjson')) && readFileSync(join(cwd, 'failed.ndjson'), 'utf8') !== '')
    isTomorrow = true
    const skipped = await streamz(t, ['skip', String(from - 1)], { stdin: lines(300), cwd })
    const next = await streamz(t, args, { stdin: String(skipped.stdout), cwd })
    t.is(`${stdout}${next.stdout}`, lines(300), next.stderr)
  })
}

test('a replay against a used-up quota charges and parks no entry, and succeeds the next day', async t => {
  let isTomorrow = false
  const server = await serve(t, ({ body }, response) => {
    if (isTomorrow) json(response, JSON.parse(body))
    else json(response, 0, 429, { 'retry-after': '86400' })
  })
  const cwd = makeFolder(t)
  const failed = await streamz(t, ['map', '--dlq', 'f.ndjson', '--dlq-outage', 'off', '--', 'false'], {
    stdin: lines(300),
    cwd,
  })
  t.is(failed.exitCode, 1)
  const before = readFileSync(join(cwd, 'f.ndjson'), 'utf8')
  for (let count = 0; count < 4; count++) {
    const { exitCode, stderr } = await streamz(t, ['dlq', 'replay', 'f.ndjson', '--http', server.origin], { cwd })
    t.is(exitCode, 75, stderr)
    t.regex(stderr, /The service asks to wait until .*; undelivered=\d+ from line 1$/m)
  }
  t.is(readFileSync(join(cwd, 'f.ndjson'), 'utf8'), before)
  isTomorrow = true
  const { exitCode, stdout, stderr } = await streamz(t, ['dlq', 'replay', 'f.ndjson', '--http', server.origin], { cwd })
  t.is(exitCode, 0, stderr)
  t.is(String(stdout), lines(300))
})

test('a command says when to come back, all wait and none fails', async t => {
  const cwd = makeFolder(t)
  const script = 'if [ ! -e over ]; then touch over; echo "retry-after: 1" >&2; exit 75; fi; cat'
  const { exitCode, stdout, stderr } = await streamz(t, ['map', '-j', '1', '--shell', '--', script], {
    stdin: lines(3),
    cwd,
  })
  t.is(exitCode, 0, stderr)
  t.is(String(stdout), lines(3))
})

test('a script says it with its error', async t => {
  const js = `r => {
    globalThis.seen = (globalThis.seen ?? 0) + 1
    if (globalThis.seen === 2) throw Object.assign(new Error('Busy'), { retryAfter: 300 })
    return r
  }`
  const { exitCode, stdout, stderr } = await streamz(t, ['map', '-j', '1', '--js', js], { stdin: lines(3) })
  t.is(exitCode, 0, stderr)
  t.is(String(stdout), lines(3))
})

for (const [way, headers] of Object.entries({
  'Retry-After': (ms: number) => ({ 'retry-after': String(Math.ceil(ms / 1000)) }),
  'a bare 429': () => ({}),
})) {
  test(`10/s with ${way}, all defaults: all are delivered in order, and few are refused`, async t => {
    const bucket = createTokenBucket(1, 100)
    const seen: { at: number; refused: boolean }[] = []
    const server = await serve(t, ({ body }, response) => {
      const ms = bucket.take(performance.now())
      seen.push({ at: performance.now(), refused: ms > 0 })
      if (ms > 0) json(response, 0, 429, headers(ms))
      else json(response, JSON.parse(body))
    })
    const { exitCode, stdout, stderr } = await streamz(t, ['map', '--http', server.origin], { stdin: lines(60) })
    t.is(exitCode, 0, stderr)
    t.is(String(stdout), lines(60))
    const first = seen.findIndex(({ refused }) => refused)
    // The four that were under way did not know.
    const later = seen.slice(first + 4)
    const refused = later.filter(one => one.refused).length
    t.true(refused <= 0.15 * later.length, `${refused} of ${later.length} refused`)
  })
}

test('a pause that holds everything up is reported once', async t => {
  const server = await serve(t, (_, response) => json(response, 0, 429, { 'retry-after': '60' }))
  const args = ['map', '--http', server.origin, '--deadline', '4s', '--failures', 'brief', '--progress']
  const { stderr, exitCode } = await streamz(t, args, { stdin: lines(8) })
  t.is(exitCode, 124)
  t.is([...stderr.matchAll(/All records wait for 60s: the service asked for it/g)].length, 1)
  // The progress line says so as well, and counts down.
  t.regex(stderr, /waits for the service: (5\d|60)s left/)
  t.notRegex(stderr.slice(stderr.indexOf('waits for')), / 0\/s/)
})
