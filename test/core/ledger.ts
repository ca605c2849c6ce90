import test from 'ava'
import { Ledger } from '../../src/core/ledger.js'

test('Each receipt has a counter of its own', t => {
  const ledger = new Ledger()
  ledger.good.delivered(3)
  ledger.bad('exit').delivered(2)
  ledger.passing.delivered(5)
  ledger.good.lost(4, 9)
  ledger.bad('exit').lost(1, 8)
  ledger.passing.lost(7, 12)
  t.deepEqual([ledger.delivered, ledger.failed, ledger.undelivered], [3, 2, 5])
  t.deepEqual(ledger.resume, { file: undefined, number: 8 })
})

test('Failures are counted by kind when they are kept, so that kinds add up to failed', t => {
  const ledger = new Ledger()
  for (const kind of ['exit', 'timeout', 'exit'] as const) ledger.bad(kind).delivered(1)
  ledger.bad('exit').lost(1, 3)
  t.is(ledger.failed, 3)
  t.is(ledger.undelivered, 1)
  t.deepEqual(
    [...ledger.byKind],
    [
      ['exit', 2],
      ['timeout', 1],
    ],
  )
})

test('The place to resume from is in the first file that lost a line, whenever that is found out', t => {
  const ledger = new Ledger()
  for (const file of ['a', 'b', 'c']) ledger.file = file
  ledger.good.lost(1, 50, 'b')
  ledger.good.lost(1, 3, 'c')
  t.deepEqual(ledger.resume, { file: 'b', number: 50 })
  ledger.good.lost(1, 60, 'b')
  ledger.bad('exit').lost(1, 40, 'b')
  t.deepEqual(ledger.resume, { file: 'b', number: 40 })
  ledger.passing.lost(1, 900, 'a')
  t.deepEqual(ledger.resume, { file: 'a', number: 900 })
})

test('Nothing lost, and what has no line, moves no place', t => {
  const ledger = new Ledger()
  ledger.good.lost(0, 5)
  ledger.good.lost(1, 0)
  t.is(ledger.resume, undefined)
  t.is(ledger.undelivered, 1)
})

test('A record that is lost, made up or counted twice is found', t => {
  const ledger = new Ledger()
  ledger.read = 10
  ledger.good.delivered(3)
  ledger.bad('exit').delivered(1)
  ledger.filtered = 2
  ledger.lose(1, 7)
  ledger.skip(3)
  t.is(ledger.findMiscount(), undefined)
  ledger.filtered = 1
  t.regex(ledger.findMiscount() ?? '', /^10 records were read and 9 are accounted for/)
  ledger.filtered = 3
  t.regex(ledger.findMiscount() ?? '', /^10 records were read and 11 are accounted for/)
})
