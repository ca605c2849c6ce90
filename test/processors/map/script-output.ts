import test from 'ava'
import { status } from '../../../src/calls/script/protocol.js'
import type { Context } from '../../../src/core/processor.js'
import { emitPiece } from '../../../src/processors/map/script-output.js'
import { toLines } from '../../helpers/processor.js'

type Result = readonly [keyof typeof status, string]

/** What becomes of three lines or more from line 10 on. */
const hand = (results: readonly Result[], more: { multi?: boolean; isTest?: boolean; slow?: boolean } = {}) => {
  const happened: unknown[] = []
  const bytes = Buffer.from(results.map(([, text]) => text).join(''))
  let end = 0
  const piece = {
    statuses: Uint8Array.from(results, ([name]) => status[name]),
    ends: Int32Array.from(results, ([, text]) => {
      end += Buffer.byteLength(text)
      return end
    }),
    bytes,
  }
  const lines = toLines(
    results.map((_, index) => (results[index]?.[0] === 'unreadable' ? 'x' : String(index))),
    10,
  )
  const context = {
    emit(emitted: Iterable<{ bytes: Buffer; number: number }>, records?: number) {
      happened.push([
        [...emitted].map(({ bytes, number }) => `${number}:${bytes.toString().trimEnd()}`).join(' '),
        records,
      ])
      return more.slow ? new Promise<void>(resolve => setImmediate(resolve)) : undefined
    },
    filter: (count: number, number: number) => happened.push(`${count} filtered at ${number}`),
    reject: (line: { number: number }, failure: { kind: string; failureClass: string }, tried: { attempts: number }) =>
      happened.push(`${line.number} ${failure.kind} ${failure.failureClass} ${tried.attempts}`),
  } as unknown as Context
  const held = emitPiece(lines, piece, { multi: more.multi === true, isTest: more.isTest === true }, context)
  return { happened, held }
}

const fault = JSON.stringify({ message: 'Thrown', words: 'at line 1' })

test('results that stand together leave together, with the numbers of their lines', t => {
  const { happened } = hand([
    ['emitted', '"a"\n'],
    ['emitted', '"b"\n'],
    ['filtered', ''],
    ['emitted', '"c"\n'],
  ])
  t.deepEqual(happened, [['10:"a" 11:"b"', 2], '1 filtered at 12', ['13:"c"', 1]])
})

test('each failure has its kind; what was not JSON was never tried', t => {
  const { happened } = hand([
    ['failed', fault],
    ['emitted', '1\n'],
    ['unreadable', ''],
    ['tooLarge', ''],
    ['failed', JSON.stringify({ message: 'Later', words: '', retryAfter: 5 })],
  ])
  t.deepEqual(happened, [
    '10 script permanent 1',
    ['11:1', 1],
    '12 parse input 0',
    '13 output_too_large permanent 1',
    '14 script throttled 1',
  ])
})

test('several results of a line leave as its one record, none too', t => {
  const { happened } = hand(
    [
      ['emitted', '1\n2\n'],
      ['emitted', ''],
      ['filtered', ''],
      ['emitted', '3\n'],
    ],
    { multi: true },
  )
  t.deepEqual(happened, [['10:1 11:2', 1], ['', 1], '1 filtered at 12', ['13:3', 1]])
})

test('of a test the lines themselves are passed', t => {
  const { happened } = hand(
    [
      ['emitted', ''],
      ['filtered', ''],
      ['emitted', ''],
    ],
    { isTest: true },
  )
  t.deepEqual(happened, [['10:0', undefined], '1 filtered at 11', ['12:2', undefined]])
})

test('a full output is waited for', async t => {
  const one: readonly Result[] = [['emitted', '1\n']]
  t.true(hand(one, { slow: true }).held instanceof Promise)
  t.true(hand(one, { slow: true, multi: true }).held instanceof Promise)
  t.is(hand(one).held, undefined)
  await hand(one, { slow: true }).held
})
