import { createHash } from 'node:crypto'
import test from 'ava'
import { isFailureLine, maxFailureLine, type SplitOptions, Splitter } from '../../../src/core/io/split.js'
import type { Lines } from '../../../src/core/lines.js'
import fc from '../../helpers/fast-check.js'

type Seen =
  | { readonly kind: 'record' | 'failure'; readonly number: number; readonly text: string }
  | { readonly kind: 'blank' }
  | { readonly kind: 'long'; readonly number: number; readonly length: number; sha256: string; head: string }

const small = { maxLine: 64, slab: 16 }

/** What a splitter tells about chunks; everything it handed out is read only at the very end. */
const split = (chunks: readonly Buffer[], options: SplitOptions = small): readonly Seen[] => {
  const seen: (() => readonly Seen[])[] = []
  const see = (kind: 'record' | 'failure') => (lines: Lines) => {
    seen.push(() => [...lines].map(({ bytes, number }) => ({ kind, number, text: bytes.toString('latin1') })))
  }
  const splitter = new Splitter(options, {
    records: see('record'),
    failures: see('failure'),
    blank: () => seen.push(() => [{ kind: 'blank' }]),
    tooLong: ({ number, length, sha256, head }) => {
      seen.push(() => [{ kind: 'long', number, length, sha256, head: head.toString('latin1') }])
    },
  })
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return seen.flatMap(tell => tell())
}

/** The same, said in the plainest way: the whole text at once. */
const expected = (text: string, { maxLine, recognise = true, blanks = false }: SplitOptions = small) => {
  const lines = text.replace(/^\xef\xbb\xbf/, '').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line, index): Seen => {
    const number = index + 1
    const failure = recognise && /^\{[ \t\r]*"\$streamz"[ \t\r]*:[ \t\r]*"error\//.test(line.slice(0, 1024))
    if (line.length > (failure ? 8 * maxLine + 65_536 : maxLine)) {
      const sha256 = createHash('sha256').update(line, 'latin1').digest('hex')
      return { kind: 'long', number, length: line.length, sha256, head: line.slice(0, 4096) }
    }
    if (failure) return { kind: 'failure', number, text: `${line}\n` }
    return !blanks && /^[ \t\r]*$/.test(line) ? { kind: 'blank' } : { kind: 'record', number, text: `${line}\n` }
  })
}

const bytes = (text: string) => Buffer.from(text, 'latin1')

const cutAt = (whole: Buffer, places: readonly number[]): readonly Buffer[] => {
  const sorted = [...places].sort((one, other) => one - other)
  return [...sorted, whole.length].map((place, index) => whole.subarray(sorted[index - 1] ?? 0, place))
}

const oddLine = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\r',
    '\t \r',
    '{"a":1}',
    '{"a":1}\r',
    '\xef\xbb\xbf{}',
    '\xef',
    '\u0000',
    '\u0085',
    '\v',
    '\f',
  ),
  fc.constantFrom(
    '{"$streamz":"error/1"}',
    '{ "$streamz" :\t"error/2","record":1}',
    '{"$streamz":"err',
    '{"$streamz"',
    '{"$streamz"}',
    '{"$streamz":"summary/1"}',
    ' {"$streamz":"error/1"}',
    '{"$streamz\\u0022:"error/1"}',
    '{',
    '{ ',
  ),
  fc.nat({ max: 200 }).map(length => 'x'.repeat(length)),
  fc.nat({ max: 200 }).map(length => `{"$streamz":"error/1","raw":"${'y'.repeat(length)}"}`),
  fc.nat({ max: 1100 }).map(length => `{${' '.repeat(length)}"$streamz":"error/1"}`),
  fc
    .constantFrom(5000, 65_536 + 8 * 64 - 21, 65_536 + 8 * 64 - 20)
    .map(length => `{"$streamz":"error/1"}${'z'.repeat(length)}`),
  fc.nat({ max: 300 }).map(length => ' '.repeat(length)),
)

const oddText = fc
  .tuple(fc.constantFrom('', '\xef\xbb\xbf', '\xef\xbb', '\n'), fc.array(oddLine, { maxLength: 8 }), fc.boolean())
  .map(([start, lines, whole]) => start + lines.join('\n') + (whole && lines.length > 0 ? '\n' : ''))

test('Any text cut at random places gives the lines of the whole', t => {
  const options = fc.record({
    maxLine: fc.constantFrom(1, 5, 64, 1000, 3000),
    slab: fc.constantFrom(16, 64, 1024),
    recognise: fc.boolean(),
    blanks: fc.boolean(),
  })
  fc.assert(
    fc.property(oddText, fc.array(fc.nat(3000), { maxLength: 30 }), options, (text, places, how) => {
      const whole = bytes(text)
      const cuts = places.map(place => place % (whole.length + 1))
      t.deepEqual(split(cutAt(whole, cuts), how), expected(text, how))
    }),
    { numRuns: 600 },
  )
})

test('A text cut at every byte gives the same lines', t => {
  const text = `\xef\xbb\xbf{"a":1}\r\n\n \t\n{"$streamz":"error/1","x":"${'é'.repeat(80)}"}\n${'l'.repeat(100)}\nlast`
  const whole = bytes(text)
  for (let place = 0; place <= whole.length; place++) t.deepEqual(split(cutAt(whole, [place])), expected(text))
  for (const step of [1, 2, 3, 5, 7]) {
    const places = Array.from({ length: Math.floor(whole.length / step) }, (_, index) => index * step)
    t.deepEqual(split(cutAt(whole, places)), expected(text), `pieces of ${step} bytes`)
  }
})

test('Only byte 0x0A separates', t => {
  const text = 'a\u000bb\u000cc\rd\u0085e\u0000f\n\xe2\x80\xa8\n'
  t.deepEqual(split([bytes(text)]), [
    { kind: 'record', number: 1, text: 'a\u000bb\u000cc\rd\u0085e\u0000f\n' },
    { kind: 'record', number: 2, text: '\xe2\x80\xa8\n' },
  ])
})

test('A byte order mark is dropped at the start and nowhere else', t => {
  t.deepEqual(split([bytes('\xef\xbb\xbf1\n\xef\xbb\xbf2\n')]), [
    { kind: 'record', number: 1, text: '1\n' },
    { kind: 'record', number: 2, text: '\xef\xbb\xbf2\n' },
  ])
  t.deepEqual(split([bytes('\xef\xbb\xbf')]), [])
  t.deepEqual(split([bytes('\xef'), bytes('\xbb'), bytes('\xbf'), bytes('1')]), [
    { kind: 'record', number: 1, text: '1\n' },
  ])
  t.deepEqual(split([bytes('\xef'), bytes('\xbb')]), [{ kind: 'record', number: 1, text: '\xef\xbb\n' }])
})

test('Neighbours travel together, and blank lines count in line numbers', t => {
  const runs: [number, number][] = []
  const splitter = new Splitter(
    { maxLine: 100 },
    { records: lines => runs.push([lines.number, lines.length]), failures() {}, blank() {}, tooLong() {} },
  )
  splitter.push(bytes('1\n2\n3\n\n5\n6\n'))
  t.deepEqual(runs, [
    [1, 3],
    [5, 2],
  ])
  t.is(splitter.nextNumber, 7)
  t.false(splitter.partial)
  splitter.push(bytes('7'))
  t.true(splitter.partial)
})

test('A failure record may be eight times as long as a record and 64 KiB more', t => {
  t.is(maxFailureLine(1024), 8 * 1024 + 65_536)
  const start = '{"$streamz":"error/1","raw":"'
  const of = (length: number) => `${start}${'r'.repeat(length - start.length - 2)}"}\n`
  const options = { maxLine: 1024, slab: 4096 }
  const kinds = (text: string) => split([bytes(text)], options).map(({ kind }) => kind)
  t.deepEqual(kinds(of(maxFailureLine(1024))), ['failure'])
  t.deepEqual(kinds(of(maxFailureLine(1024) + 1)), ['long'])
  t.deepEqual(
    split([bytes(of(2000))], { ...options, recognise: false }).map(({ kind }) => kind),
    ['long'],
  )
})

test('What begins almost as a failure record is a record', t => {
  const isFailure = (text: string) => isFailureLine(bytes(text), 0, text.length)
  t.true(isFailure('{"$streamz":"error/1"}'))
  t.true(isFailure('{\t"$streamz" \r: "error/7"}'))
  for (const text of [
    ' {"$streamz":"error/1"}',
    '{"$streamz":"error"}',
    '{"$Streamz":"error/1"}',
    '["$streamz":"error/1"',
    '{"$streamz":',
  ]) {
    t.false(isFailure(text), text)
  }
  // What follows the line in memory must not complete it.
  t.false(isFailureLine(bytes('{"$streamz":"error/1"}'), 0, 16))
})

test('What was handed out is never overwritten by later input', t => {
  const kept: { lines: Lines; text: string }[] = []
  const keep = (lines: Lines) => kept.push({ lines, text: lines.view().toString('latin1') })
  const splitter = new Splitter({ maxLine: 50, slab: 64 }, { records: keep, failures: keep, blank() {}, tooLong() {} })
  for (let round = 0; round < 500; round++) {
    splitter.push(bytes(`${round}\n${'x'.repeat((round * 37) % 120)}\n`))
  }
  t.true(kept.length > 500)
  for (const { lines, text } of kept) t.is(lines.view().toString('latin1'), text)
})

/** Counts the bytes that are copied, searched and allocated while one line of so many bytes comes in. */
const measure = (length: number, maxLine: number) => {
  const real = Buffer.allocUnsafeSlow
  let allocated = 0
  let largest = 0
  let copied = 0
  Buffer.allocUnsafeSlow = size => {
    allocated += size
    largest = Math.max(largest, size)
    const slab = real(size)
    const copy = slab.copy.bind(slab)
    slab.copy = (target: Uint8Array, at = 0, from = 0, to = slab.length) => {
      copied += to - from
      return copy(target, at, from, to)
    }
    return slab
  }
  const realIndexOf = Buffer.prototype.indexOf
  let searched = 0
  Buffer.prototype.indexOf = function (value: never, from?: never) {
    const found = realIndexOf.call(this, value, from)
    searched += (found === -1 ? this.length : found) - Math.min(this.length, from ?? 0)
    return found
  }
  try {
    let lines = 0
    const count = () => lines++
    const splitter = new Splitter({ maxLine }, { records: count, failures: count, blank: count, tooLong: count })
    const chunk = Buffer.alloc(64 * 1024, 'x')
    for (let sent = 0; sent < length; sent += chunk.length) splitter.push(chunk)
    splitter.push(bytes('\n'))
    return { allocated, largest, copied, searched, lines }
  } finally {
    Buffer.allocUnsafeSlow = real
    Buffer.prototype.indexOf = realIndexOf
  }
}

const mebi = 1024 * 1024

test('The work for a long line grows with its length, not with its square', t => {
  const { lines, copied, searched, allocated } = measure(32 * mebi, 64 * mebi)
  t.is(lines, 1)
  t.true(searched >= 32 * mebi && searched < 33 * mebi, `searched ${searched}`)
  t.true(copied < 3 * 32 * mebi, `copied ${copied}`)
  t.true(allocated < 5 * 32 * mebi, `allocated ${allocated}`)
})

test('A line over the limit is never held', t => {
  const { lines, largest, allocated } = measure(100 * mebi, mebi)
  t.is(lines, 1)
  t.true(largest <= 4 * mebi, `largest ${largest}`)
  t.true(allocated <= 10 * mebi, `allocated ${allocated}`)
})
