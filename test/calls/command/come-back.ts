import test from 'ava'
import { createComeBack } from '../../../src/calls/command/come-back.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'

const wall = Date.UTC(2026, 10, 23, 10, 0, 0)

type Ended = { readonly exit?: number; readonly stderr?: string; readonly stdout?: string; readonly pattern?: RegExp }

const comesBack = test.macro(
  (t, { exit = 75, stderr = '', stdout = '', pattern }: Ended, expected?: number | 'bare') => {
    const failure = new Failure('exit', 'transient', `Command exited with ${exit}`, { exit, stderr })
    const found = createComeBack(pattern, createFakeClock(wall))(failure, stderr, Buffer.from(stdout))
    if (expected === undefined) return t.is(found, failure)
    t.is(found.failureClass, 'throttled')
    t.is(found.facts.retryAfter, expected === 'bare' ? undefined : expected)
    t.like(found, { kind: 'exit', message: `Command exited with ${exit}`, facts: { exit, stderr } })
  },
)

test('75 and seconds', comesBack, { stderr: 'busy\nretry-after: 3600\n' }, 3_600_000)
test('75 and a duration', comesBack, { stderr: 'Retry-After: 5m30s' }, 330_000)
test('75 and a date of HTTP', comesBack, { stderr: 'retry-after: Mon, 23 Nov 2026 10:00:20 GMT\n' }, 20_000)
test('75 and RFC 3339', comesBack, { stderr: 'retry-after: 2026-11-23T10:00:05Z\n\n' }, 5000)
test('75 and a time since 1970', comesBack, { stderr: `retry-after: ${wall / 1000 + 9}` }, 9000)
test('75 and a time that is over', comesBack, { stderr: 'retry-after: 0' }, 'bare')
test('75 alone is transient', comesBack, { stderr: 'busy' })
test('it is the last line that counts', comesBack, { stderr: 'retry-after: 3\nreally busy\n' })
test('75 and no time', comesBack, { stderr: 'retry-after: soon' })
test('another exit code says it by a pattern alone', comesBack, { exit: 1, stderr: 'retry-after: 3' })

const pattern = /resets at (.*)$/gm
test('the last match counts', comesBack, { exit: 1, stderr: 'resets at 3\nresets at 5\n', pattern }, 5000)
test('of any exit code but 0', comesBack, { exit: 9, stderr: 'resets at 3', pattern }, 3000)
test(
  'stdout after stderr',
  comesBack,
  { exit: 9, stderr: 'no', stdout: '{"error":"resets at 7"}'.slice(0, -2), pattern },
  7000,
)
test('a match that is not a time', comesBack, { exit: 9, stderr: 'resets at dawn', pattern })
test('the line of its own comes first', comesBack, { stderr: 'resets at 3\nretry-after: 9', pattern }, 9000)
