import test from 'ava'
import { Histogram } from '../../../src/cli/stream/histogram.js'

/** The duration of which a share are no longer: what the quantile stands for. */
const rank = (sorted: readonly number[], share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0

test('p50, p95 and p99 are within 2.5% of the duration they stand for', t => {
  const shapes: Readonly<Record<string, (n: number) => number>> = {
    'all alike': () => 12.3,
    even: n => n + 1,
    'a few slow ones': n => (n % 20 === 0 ? 5000 : 3 + n / 1000),
    'very short': n => 0.002 * (1 + n),
    'over eight powers of ten': n => 0.01 * 10 ** (8 * (n / 1000)),
    days: n => 86_400_000 + n,
  }
  for (const [what, shape] of Object.entries(shapes)) {
    for (const count of [1, 2, 3, 19, 20, 21, 100, 1000]) {
      const all = Array.from({ length: count }, (_, n) => shape(n))
      const histogram = new Histogram()
      for (const ms of all) histogram.add(ms)
      const sorted = all.toSorted((one, other) => one - other)
      for (const share of [0.5, 0.95, 0.99, 1]) {
        const [found = Number.NaN, wanted] = [histogram.quantile(share), rank(sorted, share)]
        t.true(Math.abs(found / wanted - 1) <= 0.0251, `${what}, ${count}, ${share}: ${found}, not ${wanted}`)
      }
      t.is(histogram.max, Math.max(...all))
      t.is(histogram.count, count)
    }
  }
})

test('many at once count as many, and nothing is longer than the longest', t => {
  const histogram = new Histogram()
  t.is(histogram.quantile(0.5), undefined)
  histogram.add(1, 98)
  histogram.add(100)
  histogram.add(101)
  t.is(histogram.count, 100)
  t.true((histogram.quantile(0.98) ?? 0) < 1.05)
  t.true((histogram.quantile(0.99) ?? 0) > 95)
  t.is(new Histogram().max, 0)
  const one = new Histogram()
  one.add(7)
  t.true((one.quantile(0.99) ?? 8) <= 7)
  one.add(0)
  t.true((one.quantile(0.5) ?? 1) <= 0.001)
})
