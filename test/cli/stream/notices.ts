import test from 'ava'
import { describeNotice, describeWaited, noticeWaits } from '../../../src/cli/stream/notices.js'
import { createTally } from '../../../src/cli/stream/summary.js'
import { createFakeClock } from '../../../src/core/clock.js'

process.env.TZ = 'UTC'

const start = () => {
  const clock = createFakeClock()
  const tally = createTally(clock)
  const lines: string[] = []
  const stop = noticeWaits(tally, { warn: text => lines.push(text) }, clock)
  return { clock, tally, lines, stop }
}

test('a run that waits says so after 30 s, then after 2, 8 and 32 minutes, and no more', async t => {
  const { clock, tally, lines } = start()
  tally.event('waiting', { what: 'quota.json', until: clock.wall() + 3_600_000, why: '83% went to nightly on cron-1' })
  await clock.advance(29_999)
  t.deepEqual(lines, [])
  await clock.advance(1)
  t.is(lines.length, 1)
  t.regex(lines[0] ?? '', /^Has waited 30s for quota\.json, until .*01:00:00 \+00:00; 83% went to nightly on cron-1$/)
  await clock.advance(3_600_000)
  t.deepEqual(
    lines.map(line => /waited (\S+)/.exec(line)?.[1]),
    ['30s', '2m', '8m', '32m'],
  )
})

test('short waits for the same thing add up; others, and work in between, do not', async t => {
  const { clock, tally, lines } = start()
  for (let count = 0; count < 2; count++) {
    tally.event('waiting', { what: 'quota.json' })
    await clock.advance(14_000)
    tally.event('moving')
    await clock.advance(60_000)
    tally.event('waiting', { what: 'breaker api' })
    await clock.advance(10_000)
    tally.event('moving')
  }
  t.deepEqual(lines, [])
  tally.event('waiting', { what: 'quota.json' })
  await clock.advance(2000)
  t.deepEqual(lines, ['Has waited 30s for quota.json'])
})

test('nothing is said after the end', async t => {
  const { clock, tally, lines, stop } = start()
  tally.event('waiting', { what: 'the gate' })
  stop()
  await clock.advance(60_000)
  t.deepEqual(lines, [])
})

test('calls that are not answered: the time counts from their beginning, and what may be wrong', async t => {
  const { clock, tally, lines } = start()
  await clock.advance(45_000)
  tally.event('quiet', {
    what: 'any worker',
    why: 'although each was given a line: does it buffer its output?',
    ms: 30_000,
  })
  t.deepEqual(lines, ['No answer from any worker in 30s although each was given a line: does it buffer its output?'])
  await clock.advance(90_000)
  t.regex(lines[1] ?? '', /^No answer from any worker in 2m although/)
  tally.event('answered')
  await clock.advance(3_600_000)
  t.is(lines.length, 2)
  tally.event('quiet', { what: 'any call', why: 'although 2 are running', ms: 600_000 })
  t.deepEqual(lines.slice(2), ['No answer from any call in 10m although 2 are running'])
})

const now = Date.UTC(2026, 0, 1, 2)

test('an open breaker in a notice: its name, its state, the next probe, and who opened it', t => {
  const waiting = {
    what: 'breaker api',
    name: 'api',
    state: 'open',
    next: 'probe',
    until: now + 14_000,
    why: 'opened by ann',
  }
  t.is(
    describeNotice(waiting, 30_400, now),
    'Has waited 30s for breaker api: open, next probe at 02:00:14 +00:00; opened by ann',
  )
  t.is(
    describeNotice({ what: 'breaker api', state: 'probing' }, 30_000, now),
    'Has waited 30s for breaker api: probing',
  )
})

test('a run that was cut says how much of its time it waited, at least a second', t => {
  t.is(
    describeWaited({ what: 'quota.json', why: '83% went to ann' }, 2_460_000, 3_600_000),
    'Waited 41m of 1h for quota.json; 83% went to ann',
  )
  t.is(
    describeWaited({ what: 'any worker', why: 'although it runs', isQuiet: true }, 400, 1600),
    'Waited 1s of 2s for an answer from any worker although it runs',
  )
})
