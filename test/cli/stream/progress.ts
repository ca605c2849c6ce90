import test from 'ava'
import { canDraw, describeProgress } from '../../../src/cli/stream/progress.js'
import { createTally } from '../../../src/cli/stream/summary.js'
import { Ledger } from '../../../src/core/ledger.js'
import type { Position } from '../../../src/core/run.js'

const noon = new Date(2026, 10, 23, 12).getTime()

const show = (counts: Partial<Ledger>, position: Position, seconds = 60) =>
  describeProgress({ ledger: Object.assign(new Ledger(), counts), position: () => position }, [], 1000 * seconds, noon)

const showHeld = (heldUntil: number | undefined, rates: readonly number[] = [12, 0], wall = noon) =>
  describeProgress(
    { ledger: Object.assign(new Ledger(), { read: 100 }), position: () => single },
    rates,
    0,
    wall,
    heldUntil,
  )

const single = { bytesRead: 4000, bytesBegun: 1000, size: 4000 }

test('a file that was read at once and is hardly begun is not done', t => {
  t.is(show({ read: 100, delivered: 100 }, single), '100 rec  25%  eta 12:03')
})

test('records that are started but not settled are not counted as done', t => {
  t.is(show({ read: 100, delivered: 20, filtered: 10, failed: 15, undelivered: 5 }, single), '100 rec  12%  eta 12:07')
  t.is(show({ read: 100 }, single), '100 rec  0%')
})

test('all is done when all has settled, and not before', t => {
  const all = { ...single, bytesBegun: 4000 }
  t.is(show({ read: 1000, delivered: 1000 }, all), '1,000 rec  100%  eta 12:00')
  t.is(show({ read: 1000, delivered: 999 }, all), '1,000 rec  99%  eta 12:00')
})

test('lines that are not records count as they pass', t => {
  t.is(show({ upstream: 10 }, single), '0 rec  25%  eta 12:03')
})

test('without a size, of several files as well, the bytes of what has settled are shown', t => {
  const position = { bytesRead: 256 * 1024, bytesBegun: 4096, size: undefined }
  t.is(show({ read: 100, delivered: 50 }, position), '100 rec  2KiB')
  t.is(show({}, { bytesRead: 0, bytesBegun: 0, size: 0 }), '0 rec  0B')
})

test('nothing is foretold in the first two seconds', t => {
  t.is(show({ read: 100, delivered: 100 }, single, 2), '100 rec  25%')
})

test('during a pause it says what is waited for, and not that nothing goes', t => {
  t.is(showHeld(undefined), '100 rec  0/s  █▁  0%')
  t.is(showHeld(noon + 6 * 3_600_000 + 40 * 60_000), '100 rec  waits for the service until 18:40  0%')
  t.is(showHeld(noon + 24 * 3_600_000), '100 rec  waits for the service until 2026-11-24 12:00  0%')
  t.is(showHeld(noon + 12_001), '100 rec  waits 13s for the service  0%')
  t.is(showHeld(Number.POSITIVE_INFINITY), '100 rec  waits for the circuit breaker  0%')
  t.is(showHeld(noon + 1, [], noon + 1), '100 rec  0%', 'the pause is over')
})

test('what holds all records up is known until one goes on', t => {
  const tally = createTally()
  t.is(tally.heldUntil, undefined)
  tally.event('held', { until: 5 })
  tally.event('call', { ms: 1 })
  t.is(tally.heldUntil, 5)
  tally.event('free')
  t.is(tally.heldUntil, undefined)
})

test('nothing is drawn on a dumb terminal, nor where there is none', t => {
  t.true(canDraw({ isTerminal: true }, 'xterm'))
  t.false(canDraw({ isTerminal: true }, 'dumb'))
  t.false(canDraw({ isTerminal: false }, 'xterm'))
})
