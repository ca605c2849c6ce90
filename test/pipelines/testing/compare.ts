import test from 'ava'
import { compare } from '../../../src/pipelines/testing/compare.js'

type Case = Parameters<typeof compare>[0]
type Outcome = Parameters<typeof compare>[1]

const find = (expect: object, outcome: object) =>
  compare(
    {
      expect: { failures: 0, exit: 0, outputs: new Map(), calls: new Map(), state: new Map(), ...expect },
      calls: new Map(),
    } as unknown as Case,
    {
      fakes: new Map(),
      output: [],
      outputs: new Map(),
      failures: [],
      exit: 0,
      states: new Map(),
      elapsed: 0,
      ...outcome,
    } as unknown as Outcome,
  )

test('a test that takes as long as expected passes, at both ends of the range', t => {
  const elapsed = { min: 1000, max: 2000 }
  t.deepEqual(find({ elapsed }, { elapsed: 1000 }), [])
  t.deepEqual(find({ elapsed }, { elapsed: 2000 }), [])
  t.deepEqual(find({ elapsed }, { elapsed: 999 }), ['elapsed: expected 1s..2s, got 999ms'])
  t.deepEqual(find({ elapsed }, { elapsed: 2001 }), ['elapsed: expected 1s..2s, got 2.001s'])
  t.deepEqual(find({ elapsed: { min: 5, max: 5 } }, { elapsed: 6 }), ['elapsed: expected 5ms, got 6ms'])
})

test('of failures that are too many three are told', t => {
  const failures = [1, 2, 3, 4].map(line => ({ step: 'map', kind: 'exit', line, message: 'No' }))
  t.deepEqual(find({}, { failures }), [
    'failures: expected 0, got 4 (map line 1: exit: No; map line 2: exit: No; map line 3: exit: No)',
  ])
  t.deepEqual(find({ failures: 4 }, { failures }), [])
  t.deepEqual(find({ failures: 1 }, {}), ['failures: expected 1, got 0'])
})

test('the first line of the output that differs is told, also where one of them has ended', t => {
  t.deepEqual(find({ output: ['1', '2'] }, { output: ['1', '3'] }), ['output: line 2: expected 2, got 3'])
  t.deepEqual(find({ output: ['1'] }, { output: ['1', '3'] }), ['output: line 2: expected no such line, got 3'])
  t.deepEqual(find({ output: 1 }, { output: ['1', '3'] }), ['output: expected 1 line, got 2'])
  t.deepEqual(find({ output: ['1'] }, { output: ['1'] }), [])
})
