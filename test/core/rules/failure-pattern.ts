import test from 'ava'
import { Failure } from '../../../src/core/failure.js'
import { matchesFailure } from '../../../src/core/rules/failure-pattern.js'

const pattern = { kinds: ['timeout'], exits: [75], statuses: [{ from: 500, to: 599 }] } as const

for (const [failure, meant] of [
  [new Failure('timeout', 'transient', 'Late'), true],
  [new Failure('network', 'transient', 'Reset'), false],
  [new Failure('exit', 'transient', 'Exit 75', { exit: 75 }), true],
  [new Failure('exit', 'permanent', 'Exit 1', { exit: 1 }), false],
  [new Failure('http_status', 'transient', '500', { status: 500 }), true],
  [new Failure('http_status', 'transient', '599', { status: 599 }), true],
  [new Failure('http_status', 'permanent', '404', { status: 404 }), false],
  [new Failure('http_status', 'permanent', '600', { status: 600 }), false],
] as const) {
  test(`timeout,exit:75,status:5xx ${meant ? 'means' : 'does not mean'} ${failure.kind} ${failure.message}`, t => {
    t.is(matchesFailure(pattern, failure), meant)
  })
}
