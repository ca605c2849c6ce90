import test from 'ava'
import { canonicalText, isCanonical } from '../../../src/core/json/canonical.js'
import { createScanner } from '../../../src/core/json/scan.js'
import fc from '../../helpers/fast-check.js'

const scanner = createScanner()

/** The canonical form, and whether it was said to be that already. */
const look = (json: string) => {
  const bytes = Buffer.from(`${json}\n`)
  if (!scanner.scan(bytes, 0, bytes.length)) throw new Error(`Not JSON: ${json}`)
  const { valueStart, valueEnd, escapes } = scanner
  return {
    canonical: canonicalText(bytes, valueStart, valueEnd),
    own: bytes.toString('utf8', valueStart, valueEnd),
    isOwn: isCanonical(bytes, valueStart, valueEnd, escapes),
  }
}

const becomes = test.macro({
  exec: (t, json: string, canonical: string) => t.is(look(json).canonical, canonical),
  title: (_, json, canonical) => `${json} is ${canonical}`,
})

for (const own of ['1', '-7', '0', '12345678901234567890123', '101', '"a"', '"é"', '""', 'true', 'false', 'null'])
  test(`${own} is its own bytes, at no cost`, t => t.like(look(own), { canonical: own, isOwn: true }))
test(becomes, '-0', '0')
test(becomes, '0.000e99', '0')
test(becomes, '1.0', '1')
test(becomes, '1.5', '15e-1')
test(becomes, '-1.50', '-15e-1')
test(becomes, '1000', '1e3')
test(becomes, '1E+3', '1e3')
test(becomes, '0.001e6', '1e3')
test(becomes, '10e-1', '1')
test(becomes, '0.10', '1e-1')
test(becomes, '1e400', '1e400')
test(becomes, '9007199254740993.0', '9007199254740993')
test(becomes, '10e99999999999999999999', '1e100000000000000000000')
test(becomes, '1.0e-99999999999999999999', '1e-99999999999999999999')
test(becomes, '"\\u0061\\/\\n\\u000a"', '"a/\\n\\n"')
test(becomes, '"\\ud83d\\ude00\\ud800"', '"😀\\ud800"')
test(becomes, '{ "b" : 1.0 , "a" : [ ] , "b" : { } }', '{"a":[],"b":{}}')
test(becomes, '{"\\u0061":1,"a":2}', '{"a":2}')
test(becomes, '{"__proto__":1,"10":2,"9":3}', '{"10":2,"9":3,"__proto__":1}')
test(becomes, '{"\uffff":1,"😀":2,"\\ud800":3}', '{"\\ud800":3,"\uffff":1,"😀":2}')
test(becomes, '["[,]{:}\\"", [[]], {"":""}]', '["[,]{:}\\"",[[]],{"":""}]')

test('deeply nested values work', t => {
  const deep = `${'['.repeat(1024)}${']'.repeat(1024)}`
  t.is(look(deep).canonical, deep)
})

/** The model: what JSON.parse gives, written by the rules. */
const write = (value: unknown): string => {
  if (typeof value === 'number') return writeDigits(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  const members = Object.entries(value).sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`).join(',')}}`
}

const writeDigits = (value: number): string => {
  const [digits = '', exponent = ''] = Math.abs(value).toExponential().split('e')
  if (value === 0) return '0'
  const left = Number(exponent) - (digits.length > 1 ? digits.length - 2 : 0)
  const whole = digits.replace('.', '')
  const short = whole.replace(/0+$/, '')
  const shift = left + whole.length - short.length
  return `${value < 0 ? '-' : ''}${short}${shift === 0 ? '' : `e${shift}`}`
}

/** One of the ways to write a value: white space, escapes, members before that do not count. */
const render = (value: unknown, choose: () => number): string => {
  const space = () => ['', ' ', '\t', ' \r '][choose() % 4]
  const text = (string: string) =>
    JSON.stringify(string).replace(/[a-c/]/g, letter =>
      choose() % 2 === 0 ? letter : `\\u00${letter.charCodeAt(0).toString(16)}`,
    )
  const draw = (part: unknown): string => {
    if (typeof part === 'string') return text(part)
    if (typeof part !== 'object' || part === null) return JSON.stringify(part)
    if (Array.isArray(part)) return `[${space()}${part.map(draw).join(`${space()},${space()}`)}${space()}]`
    const members = Object.entries(part).map(([key, member]) => `${text(key)}${space()}:${space()}${draw(member)}`)
    if (choose() % 2 === 1) members.reverse()
    const first = Object.keys(part)[0]
    if (first !== undefined && choose() % 3 === 0) members.unshift(`${text(first)}:"before"`)
    return `{${space()}${members.join(`${space()},`)}${space()}}`
  }
  return draw(value)
}

const value = fc.jsonValue({ maxDepth: 4 })

test('however a value is written, its canonical form is that of the model', t => {
  fc.assert(
    fc.property(value, fc.infiniteStream(fc.nat()), (one, stream) => {
      const json = render(one, () => stream.next().value as number)
      const { canonical, own, isOwn } = look(json)
      t.is(canonical, write(JSON.parse(json)), json)
      t.is(look(canonical).canonical, canonical)
      if (isOwn) t.is(canonical, own)
    }),
    { numRuns: 1000 },
  )
})

test('numbers are equal when their canonical forms are, at any length', t => {
  const number = fc.record({
    sign: fc.constantFrom('', '-'),
    whole: fc.bigInt({ min: 0n, max: 10n ** 40n }),
    part: fc.stringMatching(/^\d{0,30}$/),
    exponent: fc.option(fc.integer({ min: -40, max: 40 }), { nil: undefined }),
  })
  const exact = 10n ** 80n
  fc.assert(
    fc.property(number, ({ sign, whole, part, exponent }) => {
      const json = `${sign}${whole}${part === '' ? '' : `.${part}`}${exponent === undefined ? '' : `e${exponent}`}`
      const { canonical } = look(json)
      t.regex(canonical, /^(?:0|-?[1-9](?:\d*[1-9])?(?:e-?[1-9]\d*)?)$/)
      const [digits = '', shift = '0'] = canonical.split('e')
      const scale = (power: number) => 10n ** BigInt(power)
      const expected = BigInt(`${sign}${whole}${part}`) * scale(80 + (exponent ?? 0) - part.length)
      t.is((BigInt(digits) * exact * scale(200)) / scale(200 - Number(shift)), expected)
    }),
    { numRuns: 1000 },
  )
})
