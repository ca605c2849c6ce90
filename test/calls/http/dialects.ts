import test from 'ava'
import { readStatus } from '../../../src/calls/http/status.js'

const wall = Date.UTC(2026, 10, 23, 10, 0, 0)

/** What an answer with these headers, as they were recorded, comes to: its class, and how long its origin is left alone. */
const means = test.macro((t, status: number, recorded: string, failureClass: string | undefined, pause?: number) => {
  const headers = Object.fromEntries(
    recorded
      .split('\n')
      .map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const read = readStatus(status, headers, wall)
  t.is(read.failure?.failureClass, failureClass as never)
  t.is(read.pause === undefined ? undefined : Math.round(read.pause), pause)
  if (failureClass === 'throttled') t.is(read.failure?.facts.retryAfter, read.pause)
})

test(
  'OpenAI: no tokens left',
  means,
  429,
  `x-ratelimit-limit-requests: 10000
x-ratelimit-limit-tokens: 200000
x-ratelimit-remaining-requests: 9999
x-ratelimit-remaining-tokens: 0
x-ratelimit-reset-requests: 8.64s
x-ratelimit-reset-tokens: 6m0s`,
  'throttled',
  360_000,
)
test(
  'OpenAI: both used up',
  means,
  429,
  `x-ratelimit-remaining-requests: 0
x-ratelimit-remaining-tokens: 0
x-ratelimit-reset-requests: 17ms
x-ratelimit-reset-tokens: 7.66s`,
  'throttled',
  7660,
)
test(
  'OpenAI: retry-after-ms and retry-after',
  means,
  429,
  `retry-after: 1
retry-after-ms: 743
x-ratelimit-remaining-requests: 3
x-ratelimit-reset-requests: 1h`,
  'throttled',
  1000,
)
test(
  'OpenAI: an answer that used up the last one',
  means,
  200,
  `x-ratelimit-remaining-requests: 0
x-ratelimit-reset-requests: 120ms
x-ratelimit-remaining-tokens: 149984
x-ratelimit-reset-tokens: 6ms`,
  undefined,
  120,
)
test(
  'Azure: a reset in plain seconds',
  means,
  429,
  `retry-after-ms: 2620
x-ms-region: Sweden Central
x-ratelimit-remaining-requests: 0
x-ratelimit-reset-requests: 27`,
  'throttled',
  27_000,
)
test('Azure: milliseconds alone', means, 429, 'retry-after-ms: 2620', 'throttled', 2620)
test(
  'Anthropic: none left, until a time',
  means,
  429,
  `anthropic-ratelimit-requests-limit: 50
anthropic-ratelimit-requests-remaining: 49
anthropic-ratelimit-requests-reset: 2026-11-23T10:59:00Z
anthropic-ratelimit-input-tokens-limit: 50000
anthropic-ratelimit-input-tokens-remaining: 0
anthropic-ratelimit-input-tokens-reset: 2026-11-23T10:00:21Z
anthropic-ratelimit-output-tokens-remaining: 8000
anthropic-ratelimit-output-tokens-reset: 2026-11-23T10:40:00Z
retry-after: 20`,
  'throttled',
  21_000,
)
test('Anthropic: overloaded', means, 529, 'retry-after: 5', 'throttled', 5000)
test('Anthropic: overloaded, and nothing else', means, 529, 'content-type: application/json', 'transient')
test(
  'GitHub: 403 with nothing left',
  means,
  403,
  `x-ratelimit-limit: 60
x-ratelimit-remaining: 0
x-ratelimit-used: 60
x-ratelimit-resource: core
x-ratelimit-reset: ${wall / 1000 + 2400}`,
  'throttled',
  2_400_000,
)
test('GitHub: the secondary limit', means, 403, 'retry-after: 60\nx-ratelimit-remaining: 4998', 'throttled', 60_000)
test(
  'GitHub: 403 that is meant',
  means,
  403,
  `x-ratelimit-remaining: 4998\nx-ratelimit-reset: ${wall / 1000 + 2400}`,
  'permanent',
)
test('a time that is over is no pause', means, 429, 'retry-after: Mon, 23 Nov 2026 09:59:00 GMT', 'throttled')
test('IETF draft: none left', means, 429, 'ratelimit: "default";r=0;t=30', 'throttled', 30_000)
test('IETF draft: some left', means, 429, 'ratelimit: "default";r=3;t=30', 'throttled')
test('IETF draft: one of two policies', means, 200, 'ratelimit: "a";r=9;t=60, "b"; r=0; t=5', undefined, 5000)
test(
  'IETF draft: the window of its own policy',
  means,
  200,
  'ratelimit: "b";r=0\nratelimit-policy: "a";q=10;w=60, "b";q=99;w=3600',
  undefined,
  3_600_000,
)
test('IETF draft: nothing to go by', means, 200, 'ratelimit: "a";r=0', undefined)
test('IETF draft, older: none left', means, 200, 'ratelimit: limit=10, remaining=0, reset=7', undefined, 7000)
test('IETF draft, older: some left', means, 200, 'ratelimit: limit=10, remaining=1, reset=7', undefined)
test('IETF draft, oldest', means, 429, 'ratelimit-remaining: 0\nratelimit-reset: 2', 'throttled', 2000)
test('X-RateLimit in seconds', means, 429, 'x-ratelimit-remaining: 0\nx-ratelimit-reset: 12', 'throttled', 12_000)
test('X-RateLimit in ms', means, 429, `x-ratelimit-remaining: 0\nx-ratelimit-reset: ${wall + 250}`, 'throttled', 250)
test(
  'X-RateLimit as a date',
  means,
  429,
  'x-ratelimit-remaining: 0\nx-ratelimit-reset: Mon, 23 Nov 2026 10:00:20 GMT',
  'throttled',
  20_000,
)
test(
  'X-Rate-Limit of Twitter',
  means,
  429,
  `x-rate-limit-remaining: 0\nx-rate-limit-reset: ${wall / 1000 + 9}`,
  'throttled',
  9000,
)
test('Reddit: a fraction that is 0', means, 200, 'x-ratelimit-remaining: 0.0\nx-ratelimit-reset: 12', undefined, 12_000)
for (const remaining of ['unlimited', '10, 10', '0, 0', '', '1', '-0']) {
  test(
    `a remaining of ${JSON.stringify(remaining)} is no 0`,
    means,
    200,
    `x-ratelimit-remaining: ${remaining}\nx-ratelimit-reset: 12`,
    undefined,
  )
}
test('a remaining of 0 without a reset', means, 429, 'x-ratelimit-remaining: 0', 'throttled')
test('403 with a remaining of 0 and no reset', means, 403, 'x-ratelimit-remaining: 0', 'throttled')
test('a reset of the wrong name', means, 429, 'x-ratelimit-remaining: 0\nratelimit-reset: 12', 'throttled')

for (const status of [403, 413, 429, 500, 502, 503, 504, 529]) {
  test(`Retry-After of ${status}`, means, status, 'retry-after: 30', 'throttled', 30_000)
  test(
    `Retry-After of ${status}, as a date`,
    means,
    status,
    'retry-after: Mon, 23 Nov 2026 10:00:20 GMT',
    'throttled',
    20_000,
  )
  test(`Retry-After of ${status}, tomorrow`, means, status, 'retry-after: 86400', 'throttled', 86_400_000)
  test(
    `Retry-After of ${status} that is over is a refusal without a time`,
    means,
    status,
    'retry-after: 0',
    'throttled',
  )
}
for (const status of [200, 400, 404, 501, 505]) {
  const failureClass = status === 200 ? undefined : 'permanent'
  test(`Retry-After of ${status} says nothing`, means, status, 'retry-after: 30', failureClass)
  test(
    `${status} with none left holds the origin back`,
    means,
    status,
    'x-ratelimit-remaining: 0\nx-ratelimit-reset: 3',
    failureClass,
    3000,
  )
}
test('503 with a Retry-After that says nothing', means, 503, 'retry-after: soon', 'transient')
test('503 without', means, 503, 'content-length: 0', 'transient')
test('429 without', means, 429, 'content-length: 0', 'throttled')
test('413 without', means, 413, 'content-length: 0', 'permanent')
test('408', means, 408, 'content-length: 0', 'transient')
