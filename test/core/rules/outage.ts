import test from 'ava'
import { Failure } from '../../../src/core/failure.js'
import { createOutage } from '../../../src/core/rules/outage.js'

const transient = new Failure('timeout', 'transient', 'No answer')
const permanent = new Failure('exit', 'permanent', 'Exited')
const throttled = new Failure('http_status', 'throttled', '429', { status: 429 })
const lack = new Failure('spawn', 'transient', 'EAGAIN', { ownLack: true })

/** After which outcome of a sequence (t transient, r refused, l own lack, p permanent, . good, c cancelled) an outage is seen. */
const seenAfter = (sequence: string): number => {
  const outage = createOutage()
  const cancelled = new Failure('cancelled', 'transient', 'Cancelled')
  for (const [index, letter] of [...sequence].entries()) {
    outage.settle({ t: transient, r: throttled, p: permanent, c: cancelled, l: lack }[letter])
    if (outage.isOn) return index + 1
  }
  return -1
}

const cases: readonly (readonly [name: string, sequence: string, after: number])[] = [
  ['fewer than 20 outcomes say nothing', 't'.repeat(19), -1],
  ['20 transient failures are one', 't'.repeat(20), 20],
  ['half of 20 is enough', `${'.'.repeat(10)}${'t'.repeat(10)}`, 20],
  ['after 1,000 good records, within the next 50', `${'.'.repeat(1000)}${'t'.repeat(60)}`, 1050],
  ['refusals are one: a used-up quota is no poison', 'r'.repeat(20), 20],
  ['what this machine lacks says nothing', 'l'.repeat(500), -1],
  ['30% poison is none', '.p.....p..p'.repeat(100), -1],
  ['all permanent is none', 'p'.repeat(500), -1],
  ['30% transient is none', '.t.....t..t'.repeat(100), -1],
  ['what was never tried does not count', `${'c'.repeat(500)}${'t'.repeat(19)}`, -1],
]
for (const [name, sequence, after] of cases) test(`outage: ${name}`, t => t.is(seenAfter(sequence), after))

test('an outage ends when the last 100 outcomes are good again', t => {
  const outage = createOutage()
  for (let count = 0; count < 100; count++) outage.settle(transient)
  t.true(outage.isOn)
  for (let count = 0; count < 51; count++) outage.settle(undefined)
  t.false(outage.isOn)
})
