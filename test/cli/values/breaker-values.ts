import test from 'ava'
import { InvalidValue } from '../../../src/cli/values/invalid-value.js'
import { openTime } from '../../../src/cli/values/open-time.js'
import { positivePercentage } from '../../../src/cli/values/percentage.js'
import { slowLimit } from '../../../src/cli/values/slow-limit.js'
import { windowSize } from '../../../src/cli/values/window-size.js'

const reads = test.macro((t, parse: (text: string) => unknown, text: string, wanted: unknown) =>
  t.deepEqual(parse(text), wanted),
)
const refuses = test.macro((t, parse: (text: string) => unknown, ...texts: string[]) => {
  for (const text of texts) t.throws(() => parse(text), { instanceOf: InvalidValue }, text)
})

test('a window of calls and time', reads, windowSize, '100/60s', { count: 100, time: 60_000 })
test('a window of calls', reads, windowSize, '100', { count: 100, time: undefined })
test('a window of time', reads, windowSize, '1m30s', { count: undefined, time: 90_000 })
test('no window', refuses, windowSize, '', '0', '0s', '100/', '/60s', '60s/100', '100/60', '1/2/3', '-1', '1.5')
test('slow calls, half of them', reads, slowLimit, '2s', { limit: 2000, rate: 0.5 })
test('slow calls, a share of them', reads, slowLimit, '250ms:80%', { limit: 250, rate: 0.8 })
test('no slow calls', refuses, slowLimit, '', '0', '0s', '2s:', '2s:0%', '2s:101%', '2s:80', ':80%', '1s:1%:1%')
test('an open time that grows', reads, openTime, '30s..5m', { min: 30_000, max: 300_000 })
test('an open time that stays', reads, openTime, '1500ms', { min: 1500, max: 1500 })
test('no open time', refuses, openTime, '', '0', '0..0', '5m..30s', '..', '1s..', '0s..1s', '1s..2s..3s')

test('a message offers nothing that is refused', t => {
  for (const text of ['0%', '101%', 'half']) {
    const error = t.throws(() => positivePercentage(text))
    t.regex(error?.message ?? '', /above 0%, up to 100%/)
    t.notRegex(error?.message ?? '', /from 0%/)
  }
  t.is(positivePercentage('0.5%'), 0.005)
})
