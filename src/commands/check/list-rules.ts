import { nearest } from '../../cli/help/nearest.js'
import { UsageError } from '../../cli/usage-error.js'
import type { CountOrShare } from '../../cli/values/percentage.js'
import type { CheckRule, Violation } from '../../processors/check/rule.js'
import type { CheckFlags } from './flags.js'
import type { RuleValue } from './rule-values.js'

/** A rule with what flags say about it. */
export type ListedRule = CheckRule & {
  /** The flag that gave it, without its dashes. */
  readonly word: string
  /** The rule's own tolerance: up to this many violations still exit 0. */
  readonly limit: CountOrShare | undefined
}

/** Lines that are not valid JSON, as a rule. */
export const jsonRule = 'json'

/** The rules of a command line, in the order of the help, each with a name of its own. Throws a `UsageError`. */
export const listRules = (
  flags: CheckFlags,
  validate: (value: unknown) => readonly Violation[],
): readonly ListedRule[] => {
  const maxKeys = flags.maxKeys ?? 10_000_000
  const given = (word: string, values: readonly RuleValue[] = []) =>
    values.map(({ name, text, rule }) => ({
      ...rule,
      word,
      name: name ?? `${word} ${text}`,
      isNamed: name !== undefined,
    }))
  const count = flags.count ?? (flags.allowEmpty ? [] : [notEmpty])
  const unique = flags.unique?.map(value => ({ ...value, rule: { ...value.rule, maxKeys } }))
  const rules = [
    ...given('required', flags.required),
    ...given('type', flags.type),
    ...given('enum', flags.enum),
    ...given('range', flags.range),
    ...given('match', flags.match),
    ...given('unique', unique),
    ...given('sorted', flags.sorted),
    ...given('freshness', flags.freshness),
    ...(flags.schema === undefined
      ? []
      : [{ kind: 'schema', validate, word: 'schema', name: 'schema', isNamed: false } as const]),
    ...given('count', count),
  ]
  const names = rules.map(({ name }) => name)
  refuseTwice(rules)
  const limits = (flags.tolerate ?? []).filter(({ name }) => name !== undefined)
  for (const { name = '' } of limits) refuseUnknown('--tolerate', name, [...rules, { word: jsonRule, name: jsonRule }])
  for (const name of flags.warn ?? []) {
    if (name === jsonRule)
      throw new UsageError('--warn: a line that is not valid JSON cannot pass; see --tolerate json=P%')
    refuseUnknown('--warn', name, rules)
  }
  // The word of a flag means all rules of it, unless a rule is called so.
  const isMeant = (rule: { readonly word: string; readonly name: string }, name: string | undefined) =>
    rule.name === name || (rule.word === name && !names.includes(name))
  return rules.map(({ isNamed: _, ...rule }) => {
    const warn = flags.warn?.some(name => isMeant(rule, name)) === true
    const limit = limits.findLast(({ name }) => isMeant(rule, name))?.limit
    if (warn && limit !== undefined)
      throw new UsageError(`--tolerate: ${rule.name} is a warning, which does not fail the check`)
    return { ...rule, warn, limit, ...(limit === undefined ? {} : { countsAlone: true }) }
  })
}

const notEmpty: RuleValue = {
  name: 'not empty',
  text: '1..',
  rule: { kind: 'count', min: 1, max: Number.POSITIVE_INFINITY },
}

const refuseTwice = (rules: readonly { readonly word: string; readonly name: string; readonly isNamed: boolean }[]) => {
  const twice = rules.find(
    ({ name }, index) => rules.findIndex(other => other.name === name) < index || name === jsonRule,
  )
  if (twice === undefined) return
  const { word, name, isNamed } = twice
  if (!isNamed) throw new UsageError(`--${word} ${name.slice(word.length + 1)} is given twice`)
  throw new UsageError(`--${word}: there are two rules with the name ${name}; use different names`)
}

const refuseUnknown = (
  flag: string,
  name: string,
  rules: readonly { readonly word: string; readonly name: string }[],
) => {
  const known = rules.flatMap(rule => [rule.word, rule.name])
  if (known.includes(name)) return
  const meant = nearest(name, known)
  const all = [...new Set(rules.map(rule => rule.name))].join(', ')
  throw new UsageError(
    `${flag}: there is no rule ${JSON.stringify(name)}${meant === undefined ? '' : `; did you mean ${meant}?`}; rules: ${all}. To name a rule, put the name before it, as in: --range 'positive: .amount=0..'`,
  )
}
