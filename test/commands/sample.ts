import test from 'ava'
import { parsePath } from '../../src/core/json/path.js'
import { createRandom } from '../../src/core/rules/random.js'
import { createReservoir } from '../../src/processors/sample/reservoir.js'
import { createSample } from '../../src/processors/sample.js'
import { records, streamz } from '../helpers/cli.js'
import fc from '../helpers/fast-check.js'
import { drive } from '../helpers/processor.js'

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index))

/** In portions, as they come from a pipe. */
const inPortions = (lines: readonly string[], size: number) =>
  Array.from(
    { length: Math.ceil(lines.length / size) },
    (_, at) => [at, ...lines.slice(at * size, (at + 1) * size)] as const,
  )

const linesOf = (out: readonly (readonly [number, string])[]) => out.map(([, line]) => line)

test('sample of a share passes about that share, in order', async t => {
  const random = createRandom(3)
  const { out, filtered, delivered } = await drive(
    context => createSample({ share: 0.25, seed: 3, random }, context),
    inPortions(numbers(4000), 100),
  )
  t.true(Math.abs(out.length - 1000) < 6 * 27, String(out.length))
  const passed = linesOf(out).map(Number)
  t.deepEqual(
    passed,
    passed.toSorted((one, other) => one - other),
  )
  t.deepEqual([filtered + delivered, delivered], [4000, out.length])
})

test('sample of all passes all, of nothing none', async t => {
  for (const [share, count] of [
    [1, 500],
    [0, 0],
  ] as const) {
    const random = createRandom(1)
    const key = [parsePath('.')]
    const plain = await drive(context => createSample({ share, seed: 1, random }, context), [[0, ...numbers(500)]])
    const keyed = await drive(
      context => createSample({ share, seed: 1, random, by: { key } }, context),
      [[0, ...numbers(500)]],
    )
    t.deepEqual([plain.out.length, keyed.out.length], [count, count])
  }
})

test('sample by key passes all of a key or none, whatever surrounds it, and another seed chooses others', async t => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 300 }), fc.nat(), async (keys, seed) => {
      const lines = keys.map((user, n) => JSON.stringify(n % 2 === 0 ? { user, n } : { n, user: user / 1 }))
      const by = { key: [parsePath('.user')] }
      const choose = async (some: readonly string[]) =>
        linesOf(
          (await drive(context => createSample({ share: 0.5, seed, random: () => 0, by }, context), [[0, ...some]]))
            .out,
        )
      const chosen = await choose(lines)
      const users = new Set(chosen.map(line => JSON.parse(line).user))
      t.deepEqual(
        chosen,
        lines.filter(line => users.has(JSON.parse(line).user)),
      )
      t.deepEqual(await choose(lines.toReversed()), chosen.toReversed())
    }),
  )
})

test('sample by key passes about that share of the keys', async t => {
  const lines = numbers(4000).map(n => `{"user":"user-${n}"}`)
  const by = { key: [parsePath('.user')] }
  const passed = new Map<number, string[]>()
  for (const seed of [1, 2]) {
    const { out } = await drive(
      context => createSample({ share: 0.25, seed, random: () => 0, by }, context),
      [[0, ...lines]],
    )
    t.true(Math.abs(out.length - 1000) < 6 * 27, String(out.length))
    passed.set(seed, linesOf(out))
  }
  const both = passed.get(1)?.filter(line => passed.get(2)?.includes(line)).length ?? 0
  t.true(Math.abs(both - 250) < 6 * 15, String(both))
})

test('a sample of N holds N of all, in the order of the input, and nothing leaves before the end', async t => {
  const portions = fc.array(fc.nat(30), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(portions, fc.nat(40), fc.nat(), async (sizes, count, seed) => {
      let n = 0
      const arrivals = sizes.map((size, at) => [at, ...Array.from({ length: size }, () => String(n++))] as const)
      const { out, filtered, delivered } = await drive(
        context => createReservoir({ count, random: createRandom(seed), maxBytes: 1e6 }, context),
        arrivals,
      )
      t.is(out.length, Math.min(count, n))
      t.deepEqual([delivered, filtered], [out.length, n - out.length])
      const chosen = linesOf(out).map(Number)
      t.deepEqual(
        chosen,
        [...new Set(chosen)].toSorted((one, other) => one - other),
      )
      t.true(chosen.every(one => one < n))
      t.true(out.every(([at]) => at >= sizes.length - 1))
    }),
  )
})

test('in a sample of N every record is as likely as any other', async t => {
  const times = new Int32Array(40)
  const rounds = 2000
  for (let seed = 0; seed < rounds; seed++) {
    const random = createRandom(seed)
    const { out } = await drive(
      context => createReservoir({ count: 8, random, maxBytes: 1e6 }, context),
      [[0, ...numbers(40)]],
      {
        until: 1,
      },
    )
    for (const line of linesOf(out)) times[Number(line)] = (times[Number(line)] as number) + 1
  }
  // 400 each; the deviation is about 18.
  for (const [n, found] of times.entries()) t.true(Math.abs(found - 400) < 6 * 18, `${n}: ${found}`)
})

test('a sample of N that is cut is a sample of what was read', async t => {
  const { out, filtered } = await drive(
    context => createReservoir({ count: 2, random: createRandom(1), maxBytes: 1e6 }, context),
    [
      [0, '1', '2', '3'],
      [100, '4'],
    ],
    { cutAt: 50 },
  )
  t.deepEqual([out.length, filtered], [2, 1])
})

test('a sample that is longer than it may be ends the run, and nothing of it passes', async t => {
  const { out, filtered, left, stop, taken } = await drive(
    context => createReservoir({ count: 100, random: createRandom(1), maxBytes: 50 }, context),
    [[0, ...Array(20).fill('123456789')]],
  )
  t.deepEqual([out, filtered, left.length, taken], [[], 0, 6, 6])
  t.is(stop?.exit, 74)
  t.regex(stop?.message ?? '', /--max-bytes 50/)
})

test('the summary of sample has the seed, and the seed makes the same choice again', async t => {
  const stdin = `${numbers(200).join('\n')}\n`
  const first = await streamz(t, ['sample', '30%', '--summary', '-'], { stdin })
  const { seed } = records(first.stderr)[0] as { seed: number }
  const again = await streamz(t, ['sample', '30%', '--seed', String(seed)], { stdin })
  t.deepEqual(String(again.stdout), String(first.stdout))
  t.true(first.stdout.length > 0)
})

test('sample --key fails a record without a key', async t => {
  const { exitCode, stderr } = await streamz(t, ['sample', '100%', '--key', '.k'], { stdin: '{"k":1}\n{}\nno\n' })
  t.is(exitCode, 1)
  t.deepEqual(
    stderr.match(/"error":\{"kind":"\w+"/g)?.map(found => found.split('"')[5]),
    ['field', 'parse'],
  )
})

for (const args of [
  [],
  ['101%'],
  ['ten'],
  ['5', '--key', '.k'],
  ['5%', '--missing', 'pass'],
  ['5%', '--max-bytes', '1MB'],
  ['5%', '--seed', '-1'],
]) {
  test(`sample ${args.join(' ')} is refused`, async t => {
    const { exitCode, stdout, stderr } = await streamz(t, ['sample', ...args], { stdin: '1\n' })
    t.deepEqual([exitCode, String(stdout)], [2, ''])
    t.regex(stderr, /^streamz sample: /)
  })
}
