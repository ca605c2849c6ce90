import test from 'ava'
import { parsePath } from '../../../src/core/json/path.js'
import { createScanner } from '../../../src/core/json/scan.js'
import { createAlikeScanner, LineShape } from '../../../src/core/json/scan-alike.js'
import { viewOf } from '../../../src/core/json/view-of.js'
import fc from '../../helpers/fast-check.js'
import { createRandom, fuzzLine, fuzzPaths } from '../../helpers/json-fuzz.js'

const learned = (first: string) => {
  const scanner = createScanner([parsePath('.b.c')])
  const shape = new LineShape(scanner)
  const bytes = Buffer.from(`${first}\n`)
  if (scanner.scan(bytes, 0, bytes.length)) shape.learn(bytes, viewOf(bytes), 0, bytes.length)
  const fits = (text: string): boolean => {
    const line = Buffer.from(`${text}\n${' '.repeat(7)}`)
    return shape.isKnown && shape.fits(line, viewOf(line), 0)
  }
  return { shape, scanner, fits }
}

test('a line with other scalars in the same places has the shape, and its values are found', t => {
  const { scanner, fits } = learned('{"a":[1, "x"],"b":{"c":true}}')
  const line = '{"a":["long \\n text", -1.5e3],"b":{"c":"é"}}'
  t.true(fits(line))
  t.is(Buffer.from(line).toString('utf8', scanner.starts[0], scanner.ends[0]), '"é"')
  t.is(scanner.valueEnd, Buffer.byteLength(line))
  t.is(scanner.escapes, 1)
  for (const other of ['{"a":[1,"x"],"b":{"c":true}}', '{"a":[1, 01],"b":{"c":true}}', '{"a":[1, 2],"b":{"c":{}}}'])
    t.false(learned('{"a":[1, "x"],"b":{"c":true}}').fits(other), other)
})

test('too long a line has no shape, and neither has one with little between its scalars', t => {
  t.true(learned(`{"first":"${'x'.repeat(16_000)}"}`).shape.isKnown)
  t.false(learned(`{"first":"${'x'.repeat(17_000)}"}`).shape.isKnown)
  t.false(learned('[1,2,3,4,5,6]').shape.isKnown)
})

test('lines like those before are found as by a plain scan, whatever their bytes', t => {
  let compared = 0
  fc.assert(
    fc.property(fc.nat(), seed => {
      const random = createRandom(seed)
      const templates = Array.from({ length: 1 + Math.floor(2 * random()) }, () => nest(fuzzLine(random), random))
      const lines = Array.from({ length: 60 }, () => vary(templates[Math.floor(templates.length * random())], random))
      compared += findDifference(Buffer.concat(lines), t.fail)
    }),
    { numRuns: 200 },
  )
  t.true(compared > 5000)
})

test('any bytes are found as by a plain scan', t => {
  const piece = fc.constantFrom(
    '{"k":',
    '{"key":[',
    ']',
    '}',
    ',',
    '"',
    '\\',
    'é',
    '\x7f',
    '\u{1f600}',
    '1',
    'true',
    '\n',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.uint8Array({ maxLength: 3 }))), parts => {
      const line = Buffer.concat([...parts.map(part => Buffer.from(part as string)), Buffer.from('\n')])
      findDifference(Buffer.concat([line, line, line]), t.fail)
      const object = Buffer.concat([Buffer.from('{"value":'), line.filter(byte => byte !== 10), Buffer.from('}\n')])
      findDifference(Buffer.concat([object, object, Buffer.from('{"value":1}\n{"value":""}\n'), object]), t.fail)
    }),
    { numRuns: 400 },
  )
  t.pass()
})

/** How many lines were compared. */
const findDifference = (bytes: Buffer, fail: (what: string) => void): number => {
  const plain = createScanner(fuzzPaths)
  const alike = createAlikeScanner(fuzzPaths)
  let count = 0
  for (let start = 0, end = 0; start < bytes.length; start = end, count++) {
    end = bytes.indexOf(10, start) + 1
    const isGood = plain.scan(bytes, start, end)
    const found = [alike.scan(bytes, start, end), ...(isGood ? findings(alike) : faults(alike))]
    const wanted = [isGood, ...(isGood ? findings(plain) : faults(plain))]
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      fail(`${JSON.stringify(bytes.toString('latin1', 0, end))}: ${found} instead of ${wanted}`)
  }
  return count
}

type Found = ReturnType<typeof createScanner>

const findings = ({ valueStart, valueEnd, escapes, starts, ends }: Found) => [
  ...[valueStart, valueEnd, escapes],
  ...Array.from(starts, (start, path) => (start === -1 ? [] : [start, ends[path]])),
]

const faults = ({ errorOffset, errorMessage }: Found) => [errorOffset, errorMessage]

/** Few lines of the fuzz alone have enough between their scalars to be compared. */
const nest = (line: Buffer, random: () => number): Buffer => {
  const value = line.subarray(0, -1)
  const rest = `,"another":[${random() < 0.5 ? '1,2' : '"" ,true'}],"é and more":{"a longer one":null}}\n`
  return random() < 0.2 ? line : Buffer.concat([Buffer.from('{"some key":'), value, Buffer.from(rest)])
}

/** Mostly other digits and letters, now and then any change. */
const vary = (template: Buffer | undefined, random: () => number): Buffer => {
  const bytes = Buffer.from(template ?? '\n')
  for (let at = 0; at < bytes.length - 1; at++) {
    const byte = bytes[at] as number
    const isDigit = byte >= 0x31 && byte <= 0x39
    if (isDigit && random() < 0.5) bytes[at] = 0x31 + Math.floor(9 * random())
  }
  if (bytes.length < 2 || random() < 0.8) return bytes
  const at = Math.floor(random() * (bytes.length - 1))
  const change = random()
  if (change < 0.3) bytes[at] = 32 + Math.floor(224 * random())
  if (change < 0.6) return bytes
  const cut = change < 0.8 ? at + 1 : at
  const more = change < 0.8 ? '' : pieces[Math.floor(pieces.length * random())]
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(`${more}`), bytes.subarray(Math.min(cut, bytes.length - 1))])
}

const pieces = ['"', '1', ' ', 'x', '\\n', '\\', 'é', '{', ']', ',"a":1']
