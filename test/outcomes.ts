import test from 'ava'
import { createAttempts } from '../src/calls/attempts/create-attempts.js'
import { createEntrance } from '../src/calls/attempts/entrance.js'
import { createPatience } from '../src/calls/attempts/patience.js'
import { createPauses } from '../src/calls/attempts/pauses.js'
import { exitFailure } from '../src/calls/command/exit-failure.js'
import { networkFailure } from '../src/calls/http/network-failure.js'
import { readStatus } from '../src/calls/http/status.js'
import { spawnFailure } from '../src/calls/process/spawn-failure.js'
import { workerDied } from '../src/calls/worker/failures.js'
import { judge } from '../src/core/breaker/judge.js'
import { createFakeClock } from '../src/core/clock.js'
import { Failure, type FailureClass } from '../src/core/failure.js'
import { createOutage } from '../src/core/rules/outage.js'
import { splitItems } from '../src/processors/map/batch-items.js'
import { replace } from '../src/processors/map/shape.js'
import { line } from './helpers/calls.js'

const withStatus = (status: number, headers = {}) => readStatus(status, headers, 0).failure as Failure
const withExit = (code: number) => exitFailure({ code, signal: null }) as Failure
const withCode = (code: string) => networkFailure(Object.assign(new Error(code), { code }), 'http://127.0.0.1:9')
const notStarted = (code: string) => spawnFailure('program', Object.assign(new Error(code), { code }))
const later = { 'retry-after': '5' }
const item = (error: object) => {
  const answer = [Buffer.from(`${JSON.stringify([{ error }])}\n`)]
  const [rejected] = splitItems([line], answer, replace).rejected
  return rejected?.failure as Failure
}

type Row = readonly [
  name: string,
  failure: Failure,
  failureClass: FailureClass,
  /** Whether it is tried again, and whether that is one of the `--retries`. */
  retry: 'attempt' | 'free' | 'no',
  breaker: ReturnType<typeof judge>,
  /** Whether a row of them ends a run with `--dlq`. */
  brake: boolean,
]

const transient = (name: string, failure: Failure): Row => [name, failure, 'transient', 'attempt', 'failure', true]
const throttled = (name: string, failure: Failure): Row => [name, failure, 'throttled', 'free', 'throttled', true]
const ignored = (name: string, failure: Failure): Row => [name, failure, 'permanent', 'no', 'ignored', false]
// Waited for while another call of ours runs: then it gets no further than there.
const lacking = (name: string, failure: Failure): Row => [name, failure, 'transient', 'attempt', 'ignored', false]

const rows: readonly Row[] = [
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'].map(code => transient(code, withCode(code))),
  transient('timeout', new Failure('timeout', 'transient', 'No answer within 30s')),
  transient('a worker that died', workerDied({ code: 1, signal: null }, 0)),
  transient('a foreign signal', exitFailure({ code: null, signal: 'SIGTERM' }) as Failure),
  ...[75, 111, 124, 129, 130, 137, 141, 143].map(code => transient(`exit ${code}`, withExit(code))),
  ...[408, 500, 502, 503, 504, 529].map(status => transient(`status ${status}`, withStatus(status))),
  throttled('status 429', withStatus(429)),
  ...[403, 413, 429, 500, 502, 503, 504, 529].map(status =>
    throttled(`status ${status} with Retry-After`, withStatus(status, later)),
  ),
  ...[1, 2, 64, 66, 126, 127, 142, 255].map(
    (code): Row => [`exit ${code}`, withExit(code), 'permanent', 'no', 'failure', false],
  ),
  ...[301, 302, 304, 400, 401, 403, 404, 409, 413, 422, 501, 505].map(status =>
    ignored(`status ${status}`, withStatus(status)),
  ),
  ...[404, 501].map(status => ignored(`status ${status} with Retry-After`, withStatus(status, later))),
  ['exit 65', withExit(65), 'input', 'no', 'ignored', false],
  ['output_parse', new Failure('output_parse', 'permanent', 'No JSON'), 'permanent', 'no', 'ignored', false],
  ['output_too_large', new Failure('output_too_large', 'permanent', 'Large'), 'permanent', 'no', 'ignored', false],
  ['script', new Failure('script', 'permanent', 'Script threw'), 'permanent', 'no', 'ignored', false],
  ['field', new Failure('field', 'input', 'No field'), 'input', 'no', 'ignored', false],
  ['unmatched', new Failure('unmatched', 'input', 'Matches none'), 'input', 'no', 'ignored', false],
  ['schema', new Failure('schema', 'input', '.a is missing'), 'input', 'no', 'ignored', false],
  ['parse', new Failure('parse', 'input', 'No JSON'), 'input', 'no', 'ignored', false],
  ...['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'].map(code => lacking(`no process: ${code}`, notStarted(code))),
  ...['EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL'].map(code => lacking(`no connection: ${code}`, withCode(code))),
  transient('an item with status 503', item({ status: 503 })),
  throttled('an item with status 429', item({ status: 429 })),
  ignored('an item with status 404', item({ status: 404 })),
  transient('an item that says its class', item({ status: 404, class: 'transient' })),
]

for (const [name, failure, failureClass, retry, breaker, brake] of rows) {
  test(`${name} is ${failureClass}: retry ${retry}, breaker ${breaker}, brake ${brake}`, async t => {
    t.is(failure.failureClass, failureClass)
    t.is(judge(failure), breaker)
    const outage = createOutage()
    for (let count = 0; count < 20; count++) outage.settle(failure)
    t.is(outage.isOn, brake)
    t.deepEqual(await triesOf(failure), { attempt: [1, 2], free: [2, 3], no: [1, 1] }[retry])
  })
}

/** How often a call that fails once is made with no retries, and one that fails for ever with one retry, up to three times. */
const triesOf = async (failure: Failure): Promise<number[]> => {
  const count = async (retries: number, failures: number) => {
    const clock = createFakeClock()
    let tries = 0
    const call = async () => {
      tries++
      if (tries <= failures) throw failure
      return []
    }
    const { signal } = new AbortController()
    const patience = createPatience({ maxPause: 0, clock, stop: () => {} })
    const pauses = createPauses({ clock, stopping: signal, patience })
    const guard = createEntrance({ clock, serviceOf: () => '', pauses, patience, breaker: undefined, rates: undefined })
    const options = { timeout: 0, retries, backoff: () => 1, recordDeadline: 0, clock, guard, patience }
    // A refusal is waited for without an end.
    void createAttempts(call, options)(line, { killing: signal, id: 'x' }).catch(() => {})
    for (let step = 0; step < 5; step++) await clock.advance(10_000)
    return Math.min(tries, 3)
  }
  return [await count(0, 1), await count(1, 99)]
}
