import test from 'ava'
import { noticeWaits } from '../../../src/cli/stream/notices.js'
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
    tally.event('held', { until: Number.POSITIVE_INFINITY })
    await clock.advance(10_000)
    tally.event('free')
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
