import test from 'ava'
import { createFakeClock } from '../../src/core/clock.js'
import type { Failure } from '../../src/core/failure.js'
import { parsePath } from '../../src/core/json/path.js'
import { createFindings } from '../../src/processors/check/findings.js'
import { jsonTypes } from '../../src/processors/check/json-type.js'
import type { CheckRule } from '../../src/processors/check/rule.js'
import { createCheck } from '../../src/processors/check.js'
import fc from '../helpers/fast-check.js'
import { drive, toLines } from '../helpers/processor.js'

/** A value as it is written and what it is: numbers in thousandths, which holds for all that are made here. */
type Value =
  | { readonly json: string; readonly type: 'number'; readonly thousandths: bigint }
  | { readonly json: string; readonly type: 'string'; readonly text: string }
  | { readonly json: string; readonly type: 'boolean' | 'null' | 'object' | 'array' }

const spellings = (thousandths: bigint): string[] => {
  const whole = thousandths / 1000n
  const sign = thousandths < 0n ? '-' : ''
  const size = thousandths < 0n ? -thousandths : thousandths
  const point = `${sign}${size / 1000n}.${String(size % 1000n).padStart(3, '0')}`
  return [
    point,
    `${thousandths}e-3`,
    `${point}e0`,
    ...(whole * 1000n === thousandths ? [`${whole}`, `${whole}.0`, whole === 0n ? '0' : `${whole}0e-1`] : []),
  ]
}

const numberValue = fc
  .oneof(
    fc.bigInt(-3000n, 3000n),
    fc.bigInt(-3n, 3n).map(n => n * 1000n),
    fc.bigInt(9007199254740990n, 9007199254740996n).map(n => n * 1000n),
  )
  .chain(thousandths =>
    fc.constantFrom(...spellings(thousandths)).map((json): Value => ({ json, type: 'number', thousandths })),
  )

const stringValue = fc
  .tuple(fc.constantFrom('', 'a', 'b', 'ab', 'é', '1', 'a,b', 'null'), fc.boolean())
  .map(([text, isEscaped]): Value => {
    const escaped = [...text].map(sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
    return { json: `"${isEscaped ? escaped : text}"`, type: 'string', text }
  })

const otherValue = fc.constantFrom<Value>(
  { json: 'true', type: 'boolean' },
  { json: 'false', type: 'boolean' },
  { json: 'null', type: 'null' },
  { json: '{"x":[1]}', type: 'object' },
  { json: '[ 1 ]', type: 'array' },
)

const value = fc.oneof(numberValue, numberValue, stringValue, otherValue)
const record: fc.Arbitrary<Fields> = fc.record({ a: value, b: value }, { requiredKeys: [] })

const a = parsePath('.a')
const b = parsePath('.b')

type RuleKind = Exclude<CheckRule['kind'], 'freshness' | 'schema'>

const rules: Readonly<Record<RuleKind, fc.Arbitrary<CheckRule>>> = {
  required: fc.constantFrom([a], [a, b]).map(paths => ({ name: 'required', kind: 'required', paths })),
  type: fc
    .uniqueArray(fc.constantFrom(...jsonTypes), { minLength: 1 })
    .map(types => ({ name: 'type', kind: 'type', path: a, types })),
  enum: fc
    .uniqueArray(fc.constantFrom('a', '1', '1.0', 'true', 'null', 'é', '9007199254740993'), { minLength: 1 })
    .chain(texts =>
      fc
        .boolean()
        .map(isQuoted => ({ name: 'enum', kind: 'enum', path: a, values: texts.map(text => ({ text, isQuoted })) })),
    ),
  range: fc
    .tuple(
      fc.constantFrom(undefined, '-1', '0.5', '9007199254740993'),
      fc.constantFrom(undefined, '1', '1e3', '9007199254740993'),
    )
    .map(([min, max]) => ({ name: 'range', kind: 'range', path: a, min, max })),
  match: fc
    .constantFrom('^a', 'b$', 'a.b')
    .map(source => ({ name: 'match', kind: 'match', path: a, pattern: new RegExp(source) })),
  unique: fc.constantFrom([a], [a, b]).map(paths => ({ name: 'unique', kind: 'unique', paths, maxKeys: 1e6 })),
  sorted: fc.constant({ name: 'sorted', kind: 'sorted', path: a }),
  count: fc.tuple(fc.nat(3), fc.nat(8)).map(([min, more]) => ({ name: 'count', kind: 'count', min, max: min + more })),
}

type Fields = { readonly a?: Value | undefined; readonly b?: Value | undefined }

/** Which records violate a rule, by the plainest means. */
const judge = (rule: CheckRule, records: readonly Fields[]): boolean[] => {
  const seen = new Set<string>()
  let greatest: Value | undefined
  return records.map(({ a: one, b: other }) => {
    if (rule.kind === 'required') return one === undefined || (rule.paths.length > 1 && other === undefined)
    if (rule.kind === 'unique') {
      const values = rule.paths.length > 1 ? [one, other] : [one]
      if (values.includes(undefined)) return false
      const key = values.map(each => identify(each as Value)).join()
      if (seen.has(key)) return true
      seen.add(key)
      return false
    }
    if (one === undefined) return false
    switch (rule.kind) {
      case 'type':
        return !rule.types.some(
          type => type === one.type || (type === 'integer' && one.type === 'number' && one.thousandths % 1000n === 0n),
        )
      case 'enum':
        return !rule.values.some(({ text, isQuoted }) =>
          one.type === 'string'
            ? one.text === text
            : !isQuoted &&
              (one.type === 'number' ? isNumber(text) && one.thousandths === toThousandths(text) : one.json === text),
        )
      case 'range':
        if (one.type !== 'number') return true
        return (
          (rule.min !== undefined && one.thousandths < toThousandths(rule.min)) ||
          (rule.max !== undefined && one.thousandths > toThousandths(rule.max))
        )
      case 'match':
        return one.type !== 'string' || !rule.pattern.test(one.text)
      case 'sorted': {
        if (one.type === 'object' || one.type === 'array') return true
        if (greatest !== undefined && isLess(one, greatest)) return true
        greatest = one
        return false
      }
      default:
        return false
    }
  })
}

const identify = (one: Value): string =>
  one.type === 'number' ? String(one.thousandths) : one.type === 'string' ? JSON.stringify(one.text) : one.json

const isNumber = (text: string) => /^[\d.]+$/.test(text)

const toThousandths = (text: string): bigint =>
  text === '0.5' ? 500n : text === '1e3' ? 1_000_000n : BigInt(text.replace('.0', '')) * 1000n

const rank = (one: Value): number => ({ null: 0, false: 1, true: 2 })[one.json] ?? (one.type === 'number' ? 3 : 4)

const isLess = (one: Value, other: Value): boolean => {
  if (rank(one) !== rank(other)) return rank(one) < rank(other)
  if (one.type === 'number' && other.type === 'number') return one.thousandths < other.thousandths
  return (
    one.type === 'string' &&
    other.type === 'string' &&
    Buffer.compare(Buffer.from(one.text), Buffer.from(other.text)) < 0
  )
}

const write = ({ a: one, b: other }: Fields): string =>
  `{${[one && `"a":${one.json}`, other && `"b" : ${other.json}`].filter(Boolean).join(',')}}`

test('each rule says of made records what the plainest program says', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.values(rules)).chain(rule => rule),
      fc.array(record, { maxLength: 12 }),
      async (rule, records) => {
        const findings = createFindings([rule])
        const { out, rejected } = await drive(
          context => createCheck({ findings }, context),
          [[0, ...records.map(write)]],
        )
        const violated = judge(rule, records)
        t.deepEqual(
          rejected.map(({ line }) => line),
          records.filter((_, index) => violated[index]).map(write),
        )
        t.deepEqual(
          out.map(([, line]) => line),
          records.filter((_, index) => !violated[index]).map(write),
        )
        const [finding] = findings.byRule
        t.is(finding?.violations, violated.filter(Boolean).length)
        if (rule.kind === 'count') {
          const isGood = records.length >= rule.min && records.length <= rule.max
          t.is(finding?.problem === undefined, isGood)
        }
      },
    ),
    { numRuns: 400 },
  )
})

test('several rules: a record fails by the first, each counts by itself, a warning lets it pass', async t => {
  const findings = createFindings([
    { name: 'ids', kind: 'required', paths: [a] },
    { name: 'kinds', kind: 'type', path: b, types: ['string'] },
    { name: 'odd', kind: 'enum', path: b, values: [{ text: '1', isQuoted: false }], warn: true },
  ])
  const failures: Failure[] = []
  const { out } = await drive(
    context =>
      createCheck({ findings, allErrors: true }, { ...context, reject: (_, failure) => void failures.push(failure) }),
    [[0, '{"b":1}', '{"a":1,"b":"x"}', 'no']],
  )
  t.deepEqual(out, [[0, '{"a":1,"b":"x"}']])
  t.deepEqual(
    failures.map(({ kind, message }) => [kind, message]),
    [
      ['schema', '.a is missing (rule ids); .b is a number, expected a string (rule kinds)'],
      ['parse', 'Line 3, column 2: Expected a value'],
    ],
  )
  t.deepEqual(
    failures[0]?.facts.violations?.map(({ rule, path, type }) => [rule, path, type]),
    [
      ['ids', '.a', 'missing'],
      ['kinds', '.b', 'number'],
    ],
  )
  t.deepEqual(
    [findings.json, ...findings.byRule].map(({ checked, violations }) => [checked, violations]),
    [
      [3, 1],
      [2, 1],
      [2, 1],
      [2, 1],
    ],
  )
  t.is(findings.failed, 2)
})

test('unique does not guess beyond its bound: it is violated, and still finds known values', async t => {
  const findings = createFindings([{ name: 'unique', kind: 'unique', paths: [a], maxKeys: 2 }])
  const lines = ['{"a":1}', '{"a":2}', '{"a":3}', '{"a":3}', '{"a":1}']
  const { rejected } = await drive(context => createCheck({ findings }, context), [[0, ...lines]])
  t.deepEqual(
    rejected.map(({ line }) => line),
    ['{"a":1}'],
  )
  t.is(findings.byRule[0]?.problem, 'Not decidable beyond 2 values: raise --max-keys')
})

for (const [name, age, problem] of [
  ['fresh', 3_600_000, undefined],
  ['old', 3_600_001, 'The newest .a is 1h0.001s old, more than 1h'],
] as const) {
  test(`freshness looks at the newest time: ${name}`, async t => {
    const clock = createFakeClock()
    const now = clock.wall()
    const findings = createFindings([{ name: 'fresh', kind: 'freshness', path: a, within: 3_600_000 }])
    const newest = new Date(now - age).toISOString()
    const lines = ['{"a":"2001-01-01T00:00:00Z"}', `{"a":"${newest}"}`, '{"a":"yesterday"}', '{"a":1000000000}', '{}']
    let processor: ReturnType<typeof createCheck> | undefined
    const { rejected } = await drive(
      context => {
        processor = createCheck({ findings }, { ...context, clock })
        return processor
      },
      [[0, ...lines]],
    )
    t.deepEqual(
      rejected.map(({ line }) => line),
      ['{"a":"yesterday"}'],
    )
    t.is(findings.byRule[0]?.problem, problem)
    t.is(findings.byRule[0]?.checked, 4)
  })
}

test('rules about the whole input are not decided if it was cut short', async t => {
  const findings = createFindings([{ name: 'many', kind: 'count', min: 100, max: 100 }])
  await drive(
    context => createCheck({ findings }, context),
    [
      [0, '1'],
      [10, '2'],
    ],
    { cutAt: 5 },
  )
  t.is(findings.byRule[0]?.problem, undefined)
  t.true(findings.byRule[0]?.isOpen)
})

test('one failure too many ends the push, and the rest is given back', t => {
  const findings = createFindings([{ name: 'ids', kind: 'required', paths: [a] }])
  const stopping = new AbortController()
  const given: number[] = []
  const processor = createCheck(
    { findings },
    {
      emit() {},
      reject: () => stopping.abort(),
      filter() {},
      giveBack: lines => void given.push(lines.length),
      stop() {},
      event() {},
      clock: createFakeClock(),
      stopping: stopping.signal,
      killing: new AbortController().signal,
    },
  )
  void processor.push(toLines(['{"a":1}', '{}', '{}', '{}']))
  t.deepEqual(given, [2])
  t.is(findings.failed, 1)
})
