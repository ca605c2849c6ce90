import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option, value } from '../cli/option.js'
import { UsageError } from '../cli/usage-error.js'
import { expression } from '../cli/values/expression.js'
import { createFilter } from '../processors/filter.js'
import { prepareTest } from './filter/script.js'

type FilterFlags = CommonOptions & { readonly invert?: true; readonly strict?: true; readonly js?: string }

export const define = (): Definition => ({
  words: {
    name: 'filter',
    purpose: 'Pass the records for which an expression is true, byte for byte',
    usage: '(EXPR | --js FUNCTION) [OPTION...] [FILE...]',
    examples: [
      { note: 'large ones', run: "streamz filter '.amount > 100' < orders.ndjson" },
      {
        note: 'several conditions; what matches is left out',
        run: `streamz filter -v '.kind == "refund" || .user in ["ada", "grace"]' < orders.ndjson`,
      },
      { note: 'a pattern in a field', run: `streamz filter '.user =~ "^(ada|alan)$" && has(.amount)' < orders.ndjson` },
      { note: 'anything else, in JavaScript', run: "streamz filter --js 'r => r.amount % 1 === 0' < orders.ndjson" },
    ],
    notes:
      'EXPR: .PATH compared by == != < <= > >= with a JSON value or another .PATH, =~ and !~ with a pattern in double quotes, in\nwith a list; .PATH alone is true when it is there and neither false nor null; has(.PATH); ! && || and parentheses.\nIn a shell it stands in single quotes. != and !~ are true for a missing field, all others false. Numbers are compared\nexactly, strings by code points. Patterns are searched for in linear time: no lookaround, no backreferences, [Aa] for\nboth cases. What does not match is counted as filtered; a line that is not valid JSON is a failure.',
    seeAlso: ['partition', 'route', 'take', 'map', 'dlq'],
  },
  operands: [operand('[operands...]')],
  options: [
    option('Which records', '-v, --invert', 'pass those for which it is not true'),
    option('Which records', '--strict', 'a missing field, or one of the wrong type, makes the record a failure'),
    option('Which records', '--js <function>', 'in place of EXPR: a JavaScript function, true for what passes'),
  ],
  prepare({ operands, flags }: Invocation<FilterFlags>) {
    const [words] = operands as [string[]]
    const invert = flags.invert === true
    if (flags.js !== undefined) {
      if (flags.strict) throw new UsageError('--strict is about EXPR and cannot be used with --js')
      return { command: 'filter', options: flags, files: words, ...prepareTest(flags.js, invert, flags) }
    }
    const [text, ...files] = words
    if (text === undefined)
      throw new UsageError("No EXPR is given, as in: streamz filter '.amount > 100' orders.ndjson")
    refuseSplit(words)
    const options = { expression: value('EXPR', expression)(text), invert, strict: flags.strict === true }
    return { command: 'filter', options: flags, files, create: (_, context) => createFilter(options, context) }
  },
})

/** A shell cuts an expression without quotes into words. */
const refuseSplit = (words: readonly string[]): void => {
  const until = words.findIndex(
    (word, index) => index > 0 && !operators.has(word) && !operators.has(words[index - 1] ?? ''),
  )
  const split = words.slice(0, until === -1 ? words.length : until)
  if (split.length < 2) return
  throw new UsageError(`EXPR: it stands in single quotes, as one word: '${split.join(' ')}'`)
}

const operators = new Set(['==', '!=', '<', '<=', '>', '>=', '=~', '!~', 'in', '&&', '||', '!'])
