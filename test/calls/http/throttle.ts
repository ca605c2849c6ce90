import test from 'ava'
import { readRateLimit, readRetryAfter } from '../../../src/calls/http/throttle.js'

const wall = Date.UTC(2026, 10, 23, 10, 0, 0)

const asks = test.macro((t, value: string, expected: number | undefined) => {
  t.is(readRetryAfter({ 'retry-after': value }, wall), expected)
})

test('Retry-After in seconds', asks, '30', 30_000)
test('Retry-After 0', asks, '0', 0)
test('Retry-After as a date', asks, 'Mon, 23 Nov 2026 10:00:20 GMT', 20_000)
test('Retry-After as a date of RFC 850', asks, 'Monday, 23-Nov-26 10:00:20 GMT', 20_000)
test('Retry-After as a date of asctime', asks, 'Mon Nov 23 10:00:20 2026', 20_000)
test('a date that is over', asks, 'Mon, 23 Nov 2026 09:00:00 GMT', 0)
test('ten minutes at most', asks, '86400', 600_000)
test('ten minutes at most, as a date', asks, 'Tue, 24 Nov 2026 10:00:00 GMT', 600_000)
test('Retry-After that says nothing', asks, 'soon', undefined)
test('Retry-After below zero', asks, '-1', undefined)
test('an empty Retry-After', asks, '', undefined)
test('no Retry-After', t => t.is(readRetryAfter({}, wall), undefined))

const limits = test.macro((t, headers: Record<string, string>, expected: number | undefined) => {
  t.is(readRateLimit(headers, wall), expected)
})

test('RateLimit: none left', limits, { ratelimit: '"default";r=0;t=30' }, 30_000)
test('RateLimit: some left', limits, { ratelimit: '"default";r=3;t=30' }, undefined)
test('RateLimit: one of two policies', limits, { ratelimit: '"a";r=9;t=60, "b"; r=0; t=5' }, 5000)
test(
  'RateLimit: the window of the policy',
  limits,
  { ratelimit: '"a";r=0', 'ratelimit-policy': '"a";q=10;w=60' },
  60_000,
)
test('RateLimit: nothing to go by', limits, { ratelimit: '"a";r=0' }, undefined)
test('RateLimit, older', limits, { ratelimit: 'limit=10, remaining=0, reset=7' }, 7000)
test('RateLimit, older, some left', limits, { ratelimit: 'limit=10, remaining=1, reset=7' }, undefined)
test('X-RateLimit in seconds', limits, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '12' }, 12_000)
test(
  'X-RateLimit as a time',
  limits,
  { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(wall / 1000 + 9) },
  9000,
)
test('X-RateLimit in ms', limits, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(wall + 250) }, 250)
test('X-RateLimit, some left', limits, { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '12' }, undefined)
test('X-RateLimit without a reset', limits, { 'x-ratelimit-remaining': '0' }, undefined)
test('X-RateLimit with nonsense', limits, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'later' }, undefined)
test('RateLimit-Remaining', limits, { 'ratelimit-remaining': '0', 'ratelimit-reset': '2' }, 2000)
test('X-Rate-Limit', limits, { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '2' }, 2000)
test('ten minutes at most here too', limits, { 'ratelimit-remaining': '0', 'ratelimit-reset': '86400' }, 600_000)
