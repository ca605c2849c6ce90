import test from 'ava'
import { describeEnd, type End } from '../../../src/cli/stream/end-report.js'
import { Ledger } from '../../../src/core/ledger.js'

const tell = (end: Partial<End>, fill: (ledger: Ledger) => void): readonly string[] => {
  const told: string[] = []
  const say = (text: string) => void told.push(text)
  const messages = { error: say, warn: say, note: say } as unknown as End['messages']
  const ledger = new Ledger()
  fill(ledger)
  describeEnd({
    reason: undefined,
    ledger,
    records: ledger.read,
    elsewhere: 0,
    taken: 0,
    kept: [],
    replayable: true,
    messages,
    ...end,
  })
  return told
}

const fail = (ledger: Ledger, count: number) => {
  ledger.rejected += count
  ledger.bad('exit').delivered(count)
}

test('how many failed of how many', t => {
  const told = tell({ kept: ['q'] }, ledger => {
    ledger.read = 1000
    fail(ledger, 28)
  })
  t.deepEqual(told, ['28 of 1,000 records failed (28 exit); kept in q; replay: streamz dlq replay q -- …'])
})

test('records that were read ahead are not counted as processed', t => {
  const stop = { exit: 74, message: 'q is full' } as const
  const told = tell({ kept: ['q'], elsewhere: 20, reason: { why: 'processor', stop } }, ledger => {
    ledger.read = 1000
    fail(ledger, 28)
    ledger.lose(972, 29)
  })
  t.deepEqual(told, [
    '28 of 28 processed records failed (28 exit), of 1,000 read; 8 are in q, 20 went to standard error; replay: streamz dlq replay q -- …',
    'q is full; undelivered=972 from line 29',
  ])
})

test('a dead-letter file that took no more: where it stopped, what is where, and what to do', t => {
  const reason = { why: 'failed', message: 'q has 1GiB of --dlq-max 1GiB', advice: 'Make room' } as const
  const told = tell({ kept: ['q'], elsewhere: 20, reason }, ledger => {
    ledger.read = 1000
    fail(ledger, 28)
    ledger.lose(972, 29)
  })
  t.deepEqual(told, [
    '28 of 28 processed records failed (28 exit), of 1,000 read',
    'Stopped at line 29: q has 1GiB of --dlq-max 1GiB; 8 are in q, 20 went to standard error. Make room; undelivered=972 from line 29',
  ])
})

test('another failure of a run is told as it is: the dead letters have nothing to do with it', t => {
  const reason = { why: 'failed', message: 'Cannot write standard output' } as const
  const told = tell({ kept: ['q'], reason }, ledger => {
    ledger.read = 10
    fail(ledger, 2)
    ledger.lose(8, 3)
  })
  t.deepEqual(told, [
    '2 of 2 processed records failed (2 exit), of 10 read; kept in q; replay: streamz dlq replay q -- …',
    'Cannot write standard output; undelivered=8 from line 3',
  ])
})

test('the replay hint counts only failures that are in the file', t => {
  const all = tell({ kept: ['q'], elsewhere: 2 }, ledger => {
    ledger.read = 2
    fail(ledger, 2)
  })
  t.deepEqual(all, ['2 of 2 records failed (2 exit); 0 are in q, 2 went to standard error'])
  const parked = tell({ kept: ['q'], replayable: false }, ledger => {
    ledger.read = 1
    fail(ledger, 1)
  })
  t.deepEqual(parked, ['1 of 1 records failed (1 exit); kept in q'])
  t.deepEqual(
    tell({ kept: ['q'], taken: 5, elsewhere: 3 }, () => {}),
    ['Of 5 failure records 2 are in q, 3 went to standard error'],
  )
})
