import test from 'ava'
import { type BufferOptions, createBuffer } from '../../src/processors/buffer.js'
import { readSummary } from '../helpers/account.js'
import { shell, streamz } from '../helpers/cli.js'
import fc from '../helpers/fast-check.js'
import { type Arrival, type DriveOptions, drive } from '../helpers/processor.js'

const run = (options: Partial<BufferOptions>, arrivals: readonly Arrival[], driven: DriveOptions = {}) =>
  drive(context => createBuffer({ count: 2, bytes: 1e6, whenFull: 'block', ...options }, context), arrivals, driven)

const linesOf = (out: readonly (readonly [number, string])[]) => out.map(([, line]) => line)

// The reader takes one, and needs a second for it.
const oneByOne: readonly Arrival[] = ['1', '2', '3', '4', '5'].map((line, at) => [at, line] as const)

test('buffer holds back the input when it is full', async t => {
  const { out, filtered, taken } = await run({}, oneByOne, { slow: 1000 })
  t.deepEqual(linesOf(out), ['1', '2', '3', '4', '5'])
  t.deepEqual([filtered, taken], [0, 5])
})

test('buffer takes records while the reader is busy', async t => {
  const { taken } = await run({}, [...oneByOne, [10]], { slow: 1000, cutAt: 500 })
  // One is with the reader, two wait.
  t.is(taken, 3)
})

test('buffer drops arriving records, or those that have waited longest', async t => {
  const fresh = await run({ whenFull: 'drop-new' }, oneByOne, { slow: 1000 })
  t.deepEqual([linesOf(fresh.out), fresh.filtered], [['1', '2', '3'], 2])
  const old = await run({ whenFull: 'drop-old' }, oneByOne, { slow: 1000 })
  t.deepEqual([linesOf(old.out), old.filtered], [['1', '4', '5'], 2])
  t.deepEqual(old.events, ['buffer.drop', 'buffer.drop'])
})

test('buffer counts bytes, too; a record that is longer waits alone', async t => {
  const long = 'x'.repeat(50)
  const arrivals: Arrival[] = [
    [0, '1'],
    [1, long],
    [2, '2'],
    [3, '3'],
  ]
  const { out, filtered } = await run({ count: 10, bytes: 20, whenFull: 'drop-new' }, arrivals, { slow: 1000 })
  t.deepEqual([linesOf(out), filtered], [['1', long], 2])
  const old = await run({ count: 10, bytes: 20, whenFull: 'drop-old' }, arrivals, { slow: 1000 })
  t.deepEqual([linesOf(old.out), old.filtered], [['1', '2', '3'], 1])
})

test('buffer that is cut lets out what waits', async t => {
  const { out, taken } = await run({}, oneByOne, { slow: 1000, cutAt: 100 })
  t.deepEqual([linesOf(out), taken], [['1', '2', '3'], 3])
})

/** A reader that takes one at a time, and those who wait in front of it. */
const bufferNaively = (
  arrivals: readonly (readonly [at: number, line: string])[],
  { count, bytes, whenFull }: BufferOptions,
  slow: number,
) => {
  const out: (readonly [number, string])[] = []
  const waiting: string[] = []
  let free = 0
  const sizeOf = (lines: readonly string[]) => lines.reduce((sum, line) => sum + line.length + 1, 0)
  const fits = (lines: readonly string[]) => lines.length <= count && (sizeOf(lines) <= bytes || lines.length <= 1)
  const take = (until: number) => {
    for (let next = waiting[0]; next !== undefined && free <= until; next = waiting[0]) {
      waiting.shift()
      out.push([free, next])
      free += slow
    }
  }
  for (const [at, line] of arrivals) {
    take(at)
    if (waiting.length === 0 && free <= at) {
      out.push([at, line])
      free = at + slow
      continue
    }
    if (whenFull === 'drop-old') {
      waiting.push(line)
      while (!fits(waiting)) waiting.shift()
    } else if (fits([...waiting, line])) waiting.push(line)
  }
  take(Number.POSITIVE_INFINITY)
  return out
}

test('buffer does what a naive one would do, whatever comes when', async t => {
  const arrivals = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(12)), { maxLength: 40 })
  const options = fc.record({
    count: fc.integer({ min: 1, max: 4 }),
    bytes: fc.integer({ min: 5, max: 40 }),
    whenFull: fc.constantFrom<BufferOptions['whenFull'][]>('drop-new', 'drop-old'),
  })
  await fc.assert(
    fc.asyncProperty(arrivals, options, fc.nat(5), async (gaps, limits, seconds) => {
      let at = 0
      const all = gaps.map(([gap, length], n) => {
        at += 1000 * gap
        return [at, String(n).padEnd(length, ' ')] as const
      })
      // Never at the moment of an arrival.
      const slow = 1000 * seconds + 7
      const { out, filtered, delivered } = await run(limits, all, { slow })
      t.deepEqual(out, bufferNaively(all, limits, slow))
      t.is(filtered + delivered, all.length)
    }),
  )
})

test('buffer that blocks loses nothing and keeps the order, whatever comes together', async t => {
  const arrivals = fc.array(fc.nat(20), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 5 }), fc.nat(50), async (sizes, count, slow) => {
      let n = 0
      const all = sizes.map((length, at) => [10 * at, ...Array.from({ length }, () => String(n++))] as const)
      const { out } = await run({ count }, all, { slow })
      t.deepEqual(
        linesOf(out),
        Array.from({ length: n }, (_, line) => String(line)),
      )
    }),
  )
})

test('buffer lets a writer end that would have to wait without it', async t => {
  const script = [
    'mkfifo out',
    // A megabyte: more than all pipes hold.
    '(seq 1 150000; touch written) | streamz buffer 200000 --summary summary.json > out &',
    'exec 3<out',
    'until [ -e written ]; do read -rt 0.01 <> <(:); done',
    'cat <&3 | cksum',
    'seq 1 150000 | cksum',
    'wait $!',
  ]
  const { stdout, exitCode, cwd } = await shell(t, script.join('\n'))
  const [ours, theirs] = String(stdout).split('\n')
  t.is(exitCode, 0)
  t.is(ours, theirs)
  t.like(readSummary(cwd), { read: 150_000, delivered: 150_000 })
})

test('buffer reports dropped records at the end, and counts them', async t => {
  const script = [
    'mkfifo out',
    '(seq 1 100000; touch written) | streamz buffer 10 --when-full drop-old --summary summary.json > out &',
    'exec 3<out',
    'until [ -e written ]; do read -rt 0.01 <> <(:); done',
    'cat <&3 >rest',
    'wait $!',
    'code=$?',
    'tail -1 rest',
    'exit $code',
  ]
  const { stdout, stderr, exitCode, cwd } = await shell(t, script.join('\n'))
  t.is(exitCode, 0)
  t.is(String(stdout), '100000\n')
  const { read, delivered, filtered } = readSummary(cwd)
  t.is(read, 100_000)
  t.is(read, delivered + filtered)
  t.true(filtered > 0)
  t.regex(stderr, /^streamz buffer: [\d,]+ records were dropped because the buffer was full \(--when-full drop-old\)/)
})

for (const args of [[], ['0'], ['many'], ['5', '--when-full', 'drop'], ['5', '--bytes', '0']]) {
  test(`buffer ${args.join(' ')} is refused`, async t => {
    const { exitCode, stdout, stderr } = await streamz(t, ['buffer', ...args], { stdin: '1\n' })
    t.deepEqual([exitCode, String(stdout)], [2, ''])
    t.regex(stderr, /^streamz buffer: /)
  })
}
