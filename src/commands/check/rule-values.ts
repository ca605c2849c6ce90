import { nearest } from '../../cli/help/nearest.js'
import { duration } from '../../cli/values/duration.js'
import { InvalidValue } from '../../cli/values/invalid-value.js'
import { repeated, type ValueParser, valueParser } from '../../cli/values/value-parser.js'
import { createLiteralTest } from '../../core/expressions/literal-pattern.js'
import { Mistake } from '../../core/expressions/mistake.js'
import { compilePattern } from '../../core/expressions/pattern.js'
import { checkPattern } from '../../core/expressions/read-pattern.js'
import { type Path, parsePath } from '../../core/json/path.js'
import { type JsonType, jsonTypes } from '../../processors/check/json-type.js'
import type { CountRule, EnumValue, Pattern, RecordRule } from '../../processors/check/rule.js'

/** The parsed value of a rule flag. */
export type RuleValue<Rule = RecordRule | CountRule> = {
  /** The name before `: `, if there is one. */
  readonly name: string | undefined
  /** The rest. */
  readonly text: string
  readonly rule: Rule
}

type Of<Kind> = Extract<RecordRule | CountRule, { readonly kind: Kind }>

/** Makes the parser of a flag that may be given several times, each time with a name before it. Throws `InvalidValue`. */
const ruleParser = <Rule>(
  wanted: string,
  example: string,
  parse: (text: string) => Rule,
): ValueParser<RuleValue<Rule>> =>
  repeated(
    valueParser({ wanted, example }, text => {
      const [, name, rest = text] = /^([A-Za-z_][\w-]*):\s*(.*)$/s.exec(text) ?? []
      return { name, text: rest, rule: parse(rest) }
    }),
  )

export const requiredRule = ruleParser(
  'comma-separated fields',
  '.id,.email',
  (text): Of<'required'> => ({
    kind: 'required',
    paths: readPaths(text),
  }),
)

export const uniqueRule = ruleParser(
  'comma-separated fields',
  '.id',
  (text): Omit<Of<'unique'>, 'maxKeys'> => ({
    kind: 'unique',
    paths: readPaths(text),
  }),
)

export const sortedRule = ruleParser(
  'a path to a field',
  '.time',
  (text): Of<'sorted'> => ({
    kind: 'sorted',
    path: readPath(text),
  }),
)

const typeWanted = 'a field, = and comma-separated types'
const typeExample = '.amount=number or .note=string,null'

export const typeRule = ruleParser(typeWanted, typeExample, (text): Of<'type'> => {
  const { path, value } = splitRule(text, typeWanted, typeExample)
  return { kind: 'type', path, types: value.split(',').map(readType) }
})

const enumWanted = 'a field, = and comma-separated values'
const enumExample = '.status=open,paid'

export const enumRule = ruleParser(enumWanted, enumExample, (text): Of<'enum'> => {
  const { path, value } = splitRule(text, enumWanted, enumExample)
  return { kind: 'enum', path, values: splitList(value).map(item => readEnumValue(item, text)) }
})

const rangeWanted = 'a field, = and MIN..MAX; one of the two numbers may be omitted'
const rangeExample = '.amount=0.. or .share=0..1'

export const rangeRule = ruleParser(rangeWanted, rangeExample, (text): Of<'range'> => {
  const { path, value } = splitRule(text, rangeWanted, rangeExample)
  const [, min, max] = range.exec(value) ?? []
  if (min === undefined && max === undefined) throw new InvalidValue(text, 'is not a range', rangeWanted, rangeExample)
  if (min !== undefined && max !== undefined && Number(min) > Number(max)) {
    throw new InvalidValue(text, 'is an empty range', rangeWanted, rangeExample)
  }
  return { kind: 'range', path, min, max }
})

const matchWanted = 'a field, = and a regular expression'
const matchExample = ".email='^[^@]+@[^@]+$'"

export const matchRule = ruleParser(matchWanted, matchExample, (text): Of<'match'> => {
  const { path, value } = splitRule(text, matchWanted, matchExample)
  return { kind: 'match', path, pattern: readRegularExpression(value) }
})

const countWanted = 'a number of records, or MIN..MAX; one of the two may be omitted'
const countExample = '1.. or 100..200'

export const countRule = ruleParser(countWanted, countExample, (text): Of<'count'> => {
  const [, exactly, least, most] = counts.exec(text) ?? []
  const min = Number(exactly ?? least ?? 0)
  const max = exactly !== undefined ? min : most === undefined ? Number.POSITIVE_INFINITY : Number(most)
  if (exactly === undefined && least === undefined && most === undefined) {
    throw new InvalidValue(text, 'is not a count', countWanted, countExample)
  }
  if (min > max) throw new InvalidValue(text, 'is an empty range', countWanted, countExample)
  return { kind: 'count', min, max }
})

const freshnessWanted = 'a field with a time, = and a duration'
const freshnessExample = '.time=24h'

export const freshnessRule = ruleParser(freshnessWanted, freshnessExample, (text): Of<'freshness'> => {
  const { path, value } = splitRule(text, freshnessWanted, freshnessExample)
  return { kind: 'freshness', path, within: duration(value) }
})

const number = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`
const range = new RegExp(String.raw`^(${number})?\.\.(${number})?$`)
const counts = /^(?:(\d+)|(\d+)?\.\.(\d+)?)$/

/** A path begins with a dot: without one it could as well be the name of the rule. */
const readPath = (text: string): Path => {
  if (/^[.[]/.test(text)) return parsePath(text)
  throw new InvalidValue(text, 'is not a path', 'a path, which begins with a dot', `.${/^\w+/.exec(text)?.[0] ?? 'id'}`)
}

const readPaths = (text: string): readonly Path[] => splitList(text).map(readPath)

/** At commas, but for those in double quotes. */
const splitList = (text: string): readonly string[] => {
  const items = ['']
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at)
    if (sign === ',' && !isQuoted) items.push('')
    else items.push(`${items.pop()}${sign}`)
    if (sign === '"') isQuoted = !isQuoted
    else if (sign === '\\' && isQuoted) items.push(`${items.pop()}${text.charAt(++at)}`)
  }
  return items
}

const splitRule = (text: string, wanted: string, example: string) => {
  const [, path, value] = /^((?:"(?:[^"\\]|\\.)*"|[^="])+)=(.+)$/s.exec(text) ?? []
  if (path === undefined || value === undefined) {
    throw new InvalidValue(text, 'has no field and value', wanted, example)
  }
  return { path: readPath(path), value }
}

const readType = (word: string): JsonType => {
  const found = jsonTypes.find(type => type === word)
  if (found !== undefined) return found
  const meant = nearest(word, jsonTypes) ?? 'number'
  throw new InvalidValue(word, 'is not a type', jsonTypes.join(', '), meant, `; did you mean ${meant}?`)
}

const readEnumValue = (text: string, all: string): EnumValue => {
  if (!text.startsWith('"')) {
    if (text !== '') return { text, isQuoted: false }
    throw new InvalidValue(all, 'has an empty value', enumWanted, `.status=open,"" for an empty string`)
  }
  try {
    return { text: JSON.parse(text) as string, isQuoted: true }
  } catch {
    throw new InvalidValue(text, 'is not a JSON string', enumWanted, '.status="a,b",c')
  }
}

/** The hints of `filter` expressions would not help here. */
const readRegularExpression = (source: string): Pattern => {
  try {
    checkPattern(source, 0, source)
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    throw new RangeError(`${JSON.stringify(source)}, ${error.message.replace(/; did you mean && .*$/s, '')}`)
  }
  const expression = compilePattern(source)
  return { source, test: text => expression.test(text), testAt: createLiteralTest(source) }
}
