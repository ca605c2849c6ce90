import fc from './fast-check.js'

/** A condition as a naive evaluator understands it: over what JSON.parse makes of a record. */
export type Naive = { readonly text: string; readonly isTrue: (record: unknown) => boolean }

type Field = { readonly text: string; readonly read: (record: unknown) => unknown }

const absent = Symbol('absent')

const field = (text: string, ...segments: readonly (string | number)[]): Field => ({
  text,
  read: record => segments.reduce<unknown>(step, record),
})

const step = (value: unknown, segment: string | number): unknown => {
  if (typeof segment === 'number') return Array.isArray(value) && segment in value ? value[segment] : absent
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && Object.hasOwn(value, segment) ? (value as Record<string, unknown>)[segment] : absent
}

const fields = [
  field('.a', 'a'),
  field('.b', 'b'),
  field('.c.d', 'c', 'd'),
  field('.e[1]', 'e', 1),
  field('."odd key"', 'odd key'),
  field('.c', 'c'),
  field('.["é"]', 'é'),
  field('.'),
]

// Few of each, so that they often meet.
const strings = ['', 'a', 'ab', 'b', 'é', '\uffff', '😀', '\ud83d', '"', '\\', 'a\nb', 'DE', '\u0001']
const numbers = [
  '0',
  '-0',
  '0.0',
  '1',
  '1.0',
  '10e-1',
  '-1',
  '2',
  '1.5',
  '15e-1',
  '0.1',
  '100',
  '1E2',
  '-3.25',
  '9007199254740991',
]

/** A JSON text and others that mean the same, one of them. */
const stringText = fc
  .tuple(fc.constantFrom(...strings), fc.nat(3))
  .map(([text, way]) =>
    way === 0 ? escapeAll(text) : way === 1 ? JSON.stringify(text).replaceAll('\\n', '\\u000A') : JSON.stringify(text),
  )

const escapeAll = (text: string): string =>
  `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`

const scalar = fc.oneof(stringText, fc.constantFrom(...numbers), fc.constantFrom('true', 'false', 'null'))

const nested = fc.oneof(
  fc.array(scalar, { maxLength: 2 }).map(items => `[${items.join(' , ')}]`),
  fc.array(fc.tuple(fc.constantFrom('"x"', '"y"', '"\\u0078"'), scalar), { maxLength: 3 }).map(writeObject),
)

const json = fc.oneof({ weight: 5, arbitrary: scalar }, { weight: 1, arbitrary: nested })

function writeObject(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([key, value]) => `${key}: ${value}`).join(',')}}`
}

/** Records with some of the fields, some of them twice. */
export const recordText = fc.oneof(
  { weight: 1, arbitrary: json },
  {
    weight: 9,
    arbitrary: fc
      .array(
        fc.oneof(
          fc.tuple(fc.constantFrom('"a"', '"b"', '"\\u0061"', '"odd key"', '"é"', '"\\u00e9"', '"c"', '"e"'), json),
          json.map(value => ['"c"', `{"z":0,"d":${value}}`] as const),
          json.map(value => ['"e"', `[7, ${value}]`] as const),
        ),
        { maxLength: 6 },
      )
      .map(writeObject),
  },
)

const anyField = fc.constantFrom(...fields)

const compared = (operator: string, one: unknown, other: unknown): boolean => {
  if (operator === '!=') return !compared('==', one, other)
  if (operator === '==') return one !== absent && other !== absent && sorted(one) === sorted(other)
  if (typeof one !== typeof other || (typeof one !== 'number' && typeof one !== 'string')) return false
  const order = typeof one === 'number' ? one - (other as number) : compareText(one, other as string)
  return operator === '<' ? order < 0 : operator === '<=' ? order <= 0 : operator === '>' ? order > 0 : order >= 0
}

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  )

const compareText = (one: string, other: string): number => {
  const [a, b] = [one, other].map(text => [...text].map(sign => sign.codePointAt(0) as number)) as [number[], number[]]
  const at = a.findIndex((point, index) => point !== b[index])
  return at === -1 ? a.length - b.length : (a[at] as number) - (b[at] ?? -1)
}

const leaf: fc.Arbitrary<Naive> = fc.oneof(
  anyField.map(({ text, read }) => ({
    text,
    isTrue: (record: unknown) => ![absent, null, false].includes(read(record) as null),
  })),
  anyField.map(({ text, read }) => ({ text: `has( ${text} )`, isTrue: (record: unknown) => read(record) !== absent })),
  fc.tuple(anyField, fc.constantFrom('==', '!='), json).map(([{ text, read }, operator, value]) => ({
    text: `${text}${operator}${value}`,
    isTrue: (record: unknown) => compared(operator, read(record), JSON.parse(value)),
  })),
  fc
    .tuple(anyField, fc.constantFrom('<', '<=', '>', '>='), fc.oneof(stringText, fc.constantFrom(...numbers)))
    .map(([{ text, read }, operator, value]) => ({
      text: `${text} ${operator} ${value}`,
      isTrue: (record: unknown) => compared(operator, read(record), JSON.parse(value)),
    })),
  fc
    .tuple(anyField, fc.constantFrom('==', '!=', '<', '<=', '>', '>='), anyField)
    .map(([{ text, read }, operator, other]) => ({
      text: `${text} ${operator} ${other.text}`,
      isTrue: (record: unknown) => compared(operator, read(record), other.read(record)),
    })),
  fc.tuple(anyField, fc.array(json, { maxLength: 12 })).map(([{ text, read }, list]) => ({
    text: `${text} in [${list.join()}]`,
    isTrue: (record: unknown) => list.some(value => compared('==', read(record), JSON.parse(value))),
  })),
  fc
    .tuple(
      anyField,
      fc.constantFrom('=~', '!~'),
      fc.constantFrom(
        '',
        'a',
        '^a',
        'b$',
        '^ab$',
        '^$',
        'é',
        '😀',
        '\\.',
        '\\\\',
        '\\"',
        '[ab]',
        '^(a|D)',
        '^.$',
        '[^a]',
        'a\\nb',
        '(?:é|b)+',
        '^(a+)+$',
        '\\s',
        'D?E',
        'x|E',
      ),
    )
    .map(([{ text, read }, operator, pattern]) => ({
      text: `${text} ${operator} "${pattern}"`,
      isTrue(record: unknown) {
        const value = read(record)
        return (typeof value === 'string' && new RegExp(pattern).test(value)) === (operator === '=~')
      },
    })),
)

/** Conditions of all kinds, nested up to three deep. */
export const naiveExpression: fc.Arbitrary<Naive> = fc.letrec<{ any: Naive; term: Naive }>(tie => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.tuple(fc.array(tie('term'), { minLength: 2, maxLength: 4 }), fc.boolean()).map(([terms, isOr]) => ({
      text: terms.map(({ text }) => text).join(isOr ? ' || ' : '&&'),
      isTrue: (record: unknown) =>
        isOr ? terms.some(({ isTrue }) => isTrue(record)) : terms.every(({ isTrue }) => isTrue(record)),
    })),
    fc.tuple(tie('term'), tie('term'), tie('term')).map(([one, two, three]) => ({
      text: `${one.text} || ${two.text} && ${three.text}`,
      isTrue: (record: unknown) => one.isTrue(record) || (two.isTrue(record) && three.isTrue(record)),
    })),
  ),
  term: fc.oneof(
    leaf,
    tie('any').map(({ text, isTrue }) => ({ text: `( ${text})`, isTrue })),
    tie('any').map(({ text, isTrue }) => ({ text: `!(${text})`, isTrue: (record: unknown) => !isTrue(record) })),
  ),
})).any
