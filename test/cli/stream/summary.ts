import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Messages } from '../../../src/cli/messages.js'
import { createSummary, createTally, tellSummary } from '../../../src/cli/stream/summary.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { Ledger } from '../../../src/core/ledger.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

test('events add up: calls by their length, others by their number, a pause until it is over', t => {
  const tally = createTally()
  tally.event('call', { ms: 10 })
  tally.event('call', { ms: 30, n: 3 })
  tally.event('retry')
  tally.event('retry', { n: 2 })
  t.is(tally.calls.count, 4)
  t.is(tally.calls.max, 30)
  t.is(tally.counts.get('retry'), 3)
  t.is(tally.waiting, undefined)
  tally.event('waiting', { what: 'the service', until: 99 })
  t.deepEqual(tally.waiting, { what: 'the service', until: 99 })
  tally.event('call', { ms: 1 })
  t.is(tally.waiting?.until, 99)
  tally.event('moving')
  t.is(tally.waiting, undefined)
})

test('the time that each thing was waited for adds up; calls that are not answered count when nothing else is waited for', async t => {
  const clock = createFakeClock()
  const tally = createTally(clock)
  tally.event('waiting', { what: 'the gate' })
  await clock.advance(1000)
  tally.event('quiet', { what: 'any call', ms: 500 })
  await clock.advance(1000)
  t.is(tally.waiting?.what, 'the gate')
  tally.event('moving')
  t.deepEqual(tally.waiting, { what: 'any call', isQuiet: true })
  await clock.advance(3000)
  tally.event('answered')
  await clock.advance(3000)
  t.is(tally.waitedFor('the gate'), 2000)
  t.is(tally.waitedFor('any call'), 3000)
  t.is(tally.waitedFor('another'), 0)
  tally.event('quiet', { what: 'any call', ms: 500 })
  t.is(tally.waitedFor('any call'), 3500)
})

const summarise = (tally = createTally()) => {
  const ledger = new Ledger()
  ledger.read = 5
  ledger.blank = 1
  ledger.bad('exit').delivered(2)
  return createSummary({
    ...{ command: 'map', stage: undefined, ledger, tally, bytesIn: 12, bytesOut: 34, seconds: 1.23456, exitCode: 1 },
  })
}

test('the summary has every counter, null where nothing was measured', t => {
  const none = summarise()
  t.like(none, { $streamz: 'summary/1', stage: null, read: 5, blank: 1, failed: 2, retried: 0, dropped: 0 })
  t.deepEqual(none.failed_by_kind, { exit: 2 })
  t.deepEqual(none.calls, { count: 0, p50_ms: null, p95_ms: null, p99_ms: null, max_ms: null })
  t.like(none, { bytes_in: 12, bytes_out: 34, seconds: 1.235, exit_code: 1 })
  const tally = createTally()
  for (let ms = 1; ms <= 100; ms++) tally.event('call', { ms })
  for (const [type, n] of [
    ['retry', 3],
    ['throttle.drop', 4],
    ['breaker.transition', 5],
  ] as const)
    tally.event(type, { n })
  const some = summarise(tally)
  t.like(some, { retried: 3, dropped: 4, breaker_transitions: 5 })
  const { count, p50_ms: p50, p95_ms: p95, p99_ms: p99, max_ms: max } = some.calls
  t.deepEqual([count, max], [100, 100])
  for (const [found, wanted] of [
    [p50, 50],
    [p95, 95],
    [p99, 99],
  ] as const)
    t.true(Math.abs((found ?? 0) / wanted - 1) < 0.026, `${found}, not ${wanted}`)
})

test('the summary replaces an old one, through a link, and never waits for the reader of a pipe', t => {
  const folder = makeFolder(t)
  const errors: string[] = []
  const messages = { error: (text: string) => errors.push(text) } as unknown as Messages
  symlinkSync('real.json', join(folder, 'link.json'))
  for (const value of [{ a: 'long enough to be seen' }, { a: 1 }])
    t.true(tellSummary(join(folder, 'link.json'), value, messages))
  t.is(readFileSync(join(folder, 'real.json'), 'utf8'), '{"a":1}\n')
  t.deepEqual(errors, [])
  mkdirSync(join(folder, 'folder'))
  execFileSync('mkfifo', [join(folder, 'pipe')])
  for (const name of ['folder', 'pipe', 'none/file']) {
    t.false(tellSummary(join(folder, name), {}, messages))
    t.true(errors.at(-1)?.startsWith(`Cannot write the summary to ${join(folder, name)}: `))
  }
  t.is(errors.length, 3)
})
