import test from 'ava'
import { judge } from '../../../src/core/breaker/judge.js'
import { Failure, type FailureClass, type Kind } from '../../../src/core/failure.js'

const cases: [Kind, FailureClass, ReturnType<typeof judge>][] = [
  ['network', 'transient', 'failure'],
  ['timeout', 'transient', 'failure'],
  ['http_status', 'transient', 'failure'],
  ['http_status', 'throttled', 'throttled'],
  ['http_status', 'permanent', 'ignored'],
  ['output_parse', 'permanent', 'ignored'],
  ['output_too_large', 'permanent', 'ignored'],
  ['exit', 'transient', 'failure'],
  ['exit', 'input', 'ignored'],
  ['exit', 'permanent', 'failure'],
  ['signal', 'transient', 'failure'],
  ['worker_died', 'transient', 'failure'],
  ['script', 'permanent', 'ignored'],
  ['field', 'input', 'ignored'],
  ['unmatched', 'input', 'ignored'],
  ['spawn', 'fatal', 'ignored'],
  ['cancelled', 'transient', 'cancelled'],
  ['breaker_open', 'transient', 'ignored'],
  ['gate_closed', 'transient', 'ignored'],
]
for (const [kind, failureClass, result] of cases)
  test(`a failure \`${kind}\` of class ${failureClass} is ${result} for the breaker`, t => {
    t.is(judge(new Failure(kind, failureClass, 'What happened')), result)
  })
