import test from 'ava'
import {
  canDraw,
  describeProgress,
  fitProgress,
  measureProgress,
  type Progress,
  type ProgressPart,
} from '../../../src/cli/stream/progress.js'
import { createTally } from '../../../src/cli/stream/summary.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { Ledger } from '../../../src/core/ledger.js'
import type { Position } from '../../../src/core/run.js'

const noon = new Date(2026, 10, 23, 12).getTime()
const single = { bytesRead: 4000, bytesBegun: 1000, size: 4000 }

const progressOf = (counts: Partial<Ledger>, position: Position = single): Progress & { tally: Tallied } => {
  const ledger = Object.assign(new Ledger(), counts)
  const tally = createTally(createFakeClock())
  return { run: { ledger, ledgers: [ledger], position: () => position }, tallies: [tally], tally }
}
type Tallied = ReturnType<typeof createTally>

const show = (counts: Partial<Ledger>, position: Position, seconds = 60) =>
  describeProgress(progressOf(counts, position), 1000 * seconds, noon)

const plain = (text: string) => text

/** The line while it is drawn, with these rates. */
const draw = (progress: Progress, rates: readonly number[], wall = noon, elapsed = 60_000) =>
  fitProgress(measureProgress(progress, rates, elapsed, wall), 200, plain)

test('a file that was read at once and is hardly begun is not done', t => {
  t.is(show({ read: 100, delivered: 100 }, single), '100 rec · 25% · done about 12:03')
})

test('records that are started but not settled are not counted as done', t => {
  const counts = { read: 100, delivered: 20, filtered: 10, failed: 15, undelivered: 5 }
  t.is(show(counts, single), '100 rec · 12% · done about 12:07')
  t.is(show({ read: 100 }, single), '100 rec · 0%')
})

test('all is done when all has settled, and not before', t => {
  const all = { ...single, bytesBegun: 4000 }
  t.is(show({ read: 1000, delivered: 1000 }, all), '1k rec · 100% · done about 12:00')
  t.is(show({ read: 1000, delivered: 999 }, all), '1k rec · 99% · done about 12:01')
})

test('lines that are not records count as they pass', t => {
  t.is(show({ upstream: 10 }, single), '0 rec · 25% · done about 12:03')
})

test('without a size, of several files as well, the bytes of what has settled are shown', t => {
  const position = { bytesRead: 256 * 1024, bytesBegun: 4096, size: undefined }
  t.is(show({ read: 100, delivered: 50 }, position), '100 rec · 2KiB')
  t.is(show({}, { bytesRead: 0, bytesBegun: 0, size: 0 }), '0 rec · 0B')
})

test('nothing is foretold in the first two seconds', t => {
  t.is(show({ read: 100, delivered: 100 }, single, 2), '100 rec · 25%')
  t.is(show({ read: 100, delivered: 100 }, single, 2.001), '100 rec · 25% · done about 12:01')
})

test('the line has the count, the share, the rate with its picture, p95, failures, the wait and the end', t => {
  const progress = progressOf({ read: 12_400, delivered: 12_397, failed: 3, rejected: 3 })
  for (let count = 0; count < 100; count++) progress.tally.event('call', { ms: count < 90 ? 20 : 84 })
  progress.tally.event('waiting', {
    what: 'breaker api',
    name: 'api',
    state: 'open',
    next: 'probe',
    until: noon + 13_001,
  })
  t.is(
    draw(progress, [7, 24, 45, 53]),
    '12.4k rec · 25% · 53/s ▂▄▇█ · p95 84ms · 3 failed · waits for api: open, probe in 14s · done about 12:03',
  )
})

test('what is waited for comes first when nothing moves, in the place of a rate of 0', t => {
  const progress = progressOf({ read: 100 })
  progress.tally.event('waiting', { what: 'the service', until: noon + 12_001 })
  t.is(draw(progress, [12, 0]), 'waits for the service: 13s left · 100 rec · 0%')
  t.is(draw(progress, [12, 1]), '100 rec · 0% · 1/s █▁ · waits for the service: 13s left')
  t.is(draw(progress, []), 'waits for the service: 13s left · 100 rec · 0%')
  progress.tally.event('moving')
  t.is(draw(progress, [12, 0]), '100 rec · 0% · 0/s █▁')
})

const waits: readonly [string, Record<string, unknown>, string][] = [
  ['a pause of hours', { what: 'the service', until: noon + 24_000_000 }, 'waits for the service: until 18:40'],
  [
    'one until tomorrow',
    { what: 'the service', until: noon + 86_400_000 },
    'waits for the service: until 2026-11-24 12:00',
  ],
  ['one that is over', { what: 'the service', until: noon - 5 }, 'waits for the service: 0s left'],
  ['a minute', { what: 'the service', until: noon + 60_000 }, 'waits for the service: until 12:01'],
  ['a gate', { what: 'the gate', why: 'health has said 503' }, 'waits for the gate'],
  [
    'a probe that is due',
    { what: 'breaker a', name: 'a', state: 'open', next: 'probe', until: noon },
    'waits for a: open, probe due',
  ],
  [
    'a late probe',
    { what: 'breaker a', name: 'a', state: 'open', next: 'probe', until: noon + 3_600_000 },
    'waits for a: open, probe at 13:00',
  ],
  ['a file name with controls', { what: 'a\u001b[2J' }, 'waits for a\\u001b[2J'],
]
for (const [what, facts, text] of waits) {
  test(`a wait in the progress line: ${what}`, t => {
    const progress = progressOf({ read: 100 })
    progress.tally.event('waiting', facts)
    t.is(draw(progress, []), `${text} · 100 rec · 0%`)
  })
}

test('calls that are not answered are told, unless something keeps calls from being made', t => {
  const progress = progressOf({ read: 100 })
  progress.tally.event('quiet', { what: 'any worker', ms: 30_000 })
  t.is(draw(progress, []), 'no answer from any worker · 100 rec · 0%')
  progress.tally.event('waiting', { what: 'the service' })
  t.is(draw(progress, []), 'waits for the service · 100 rec · 0%')
  progress.tally.event('moving')
  progress.tally.event('answered')
  t.is(draw(progress, []), '100 rec · 0%')
})

test('asked for once, the line ends with the reason of the wait', t => {
  const progress = progressOf({ read: 100 })
  progress.tally.event('waiting', { what: 'the gate', why: 'health has said 503' })
  t.is(describeProgress(progress, 0, noon), 'waits for the gate · 100 rec · 0% (health has said 503)')
})

test('slow rates keep a digit, large ones and counts are brief', t => {
  const progress = progressOf({ read: 3_140_000, rejected: 1200 })
  t.is(draw(progress, [0.25]), '3.1M rec · 0% · 0.3/s ▃ · 1.2k failed')
  t.is(draw(progress, [9.96]), '3.1M rec · 0% · 10/s █ · 1.2k failed')
  t.is(draw(progress, [25_400]), '3.1M rec · 0% · 25.4k/s █ · 1.2k failed')
})

test('of several stages: all failures, the first wait, and p95 only when one of them makes calls', t => {
  const one = progressOf({ read: 100, rejected: 2 })
  const other = progressOf({ rejected: 3 })
  const both = {
    run: { ...one.run, ledgers: [one.run.ledger, other.run.ledger] },
    tallies: [one.tally, other.tally],
  }
  other.tally.event('call', { ms: 1.04 })
  other.tally.event('waiting', { what: 'the gate' })
  t.is(draw(both, [5]), '100 rec · 0% · 5/s █ · p95 1ms · 5 failed · waits for the gate')
  one.tally.event('call', { ms: 5 })
  t.is(draw(both, [5]), '100 rec · 0% · 5/s █ · 5 failed · waits for the gate')
})

test('what does not fit leaves in the order of its worth, and the rest is cut', t => {
  const parts: ProgressPart[] = [
    { text: '12.4k rec', worth: 5 },
    { text: '53/s', worth: 4 },
    { text: '▂▃', worth: 0 },
    { text: 'p95 84ms', worth: 1 },
    { text: '3 failed', worth: 6, isAlarm: true },
  ]
  const fitTo = (width: number) => fitProgress(parts, width, text => `<${text}>`)
  t.is(fitTo(41), '12.4k rec · 53/s ▂▃ · p95 84ms · <3 failed>')
  t.is(fitTo(40), '12.4k rec · 53/s · p95 84ms · <3 failed>')
  t.is(fitTo(37), '12.4k rec · 53/s · <3 failed>')
  t.is(fitTo(26), '12.4k rec · <3 failed>')
  t.is(fitTo(19), '<3 failed>')
  t.is(fitTo(5), '<3 fa…>')
})

test('nothing is drawn on a dumb terminal, nor where there is none', t => {
  t.true(canDraw({ isTerminal: true }, 'xterm'))
  t.false(canDraw({ isTerminal: true }, 'dumb'))
  t.false(canDraw({ isTerminal: false }, 'xterm'))
})
