import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { asCode, option, value } from '../cli/option.js'
import { UsageError } from '../cli/usage-error.js'
import { expression } from '../cli/values/expression.js'
import { createFilter } from '../processors/filter.js'
import { prepareTest } from './filter/script.js'

type FilterFlags = CommonOptions & { readonly invert?: true; readonly strict?: true; readonly js?: string }

export const define = (): Definition => ({
  words: {
    name: 'filter',
    purpose: 'Pass on the records for which an expression is true',
    usage: '(EXPR | --js FUNCTION) [OPTION...] [FILE...]',
    examples: [
      { note: 'amounts above 100', run: "streamz filter '.amount > 100' < orders.ndjson" },
      {
        note: 'several conditions; -v passes the records that do not match',
        run: `streamz filter -v '.kind == "refund" || .user in ["ada", "grace"]' < orders.ndjson`,
      },
      {
        note: 'a regular expression, and a field that must exist',
        run: `streamz filter '.user =~ "^(ada|alan)$" && has(.amount)' < orders.ndjson`,
      },
      { note: 'anything else, in JavaScript', run: "streamz filter --js 'r => r.amount % 1 === 0' < orders.ndjson" },
    ],
    notes:
      'EXPR compares a .PATH: == != < <= > >= with a JSON value or another .PATH, =~ and !~ with a regular expression in double\nquotes, in with a list. .PATH alone is true if the field exists and is neither false nor null; has(.PATH) if it exists. Combine\nthem with ! && || and parentheses, and put EXPR in single quotes. For a missing field, != and !~ are true and all other\ncomparisons false. Numbers are compared exactly, strings by code points. Regular expressions run in linear time: no\nlookaround, no backreferences; [Aa] ignores case. Records that do not match count as filtered; a line that is not valid JSON\nfails. Records keep their exact bytes.',
    seeAlso: ['partition', 'route', 'take', 'map', 'dlq'],
  },
  operands: [operand('[operands...]')],
  stepOperands: [operand('[where]', 'the expression', expression)],
  options: [
    option('Which records', '-v, --invert', 'pass the records for which it is not true'),
    option('Which records', '--strict', 'a record fails if a field is missing or has the wrong type'),
    asCode(
      option(
        'Which records',
        '--js <function>',
        'use this JavaScript function instead of EXPR; records for which it is true pass',
      ),
    ),
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
      throw new UsageError("No EXPR was given; example: streamz filter '.amount > 100' orders.ndjson")
    refuseSplit(words)
    const options = { expression: value('EXPR', expression)(text), invert, strict: flags.strict === true }
    return { command: 'filter', options: flags, files, create: (_, context) => createFilter(options, context) }
  },
})

/** Refuses an expression that the shell has split into words because it was not quoted. */
const refuseSplit = (words: readonly string[]): void => {
  const until = words.findIndex(
    (word, index) => index > 0 && !operators.has(word) && !operators.has(words[index - 1] ?? ''),
  )
  const split = words.slice(0, until === -1 ? words.length : until)
  if (split.length < 2) return
  throw new UsageError(`EXPR must be one word; put it in single quotes: '${split.join(' ')}'`)
}

const operators = new Set(['==', '!=', '<', '<=', '>', '>=', '=~', '!~', 'in', '&&', '||', '!'])
