import { Mistake, quoteAt } from './mistake.js'

/** What stands where a comparison, `&&`, `||` or the end is wanted. */
export const wrongOperator = (text: string, at: number, allowed: string): Mistake => {
  const rest = text.slice(at)
  const word = /^(?:not\s+in\b|[=!<>~&|]+|[\p{L}_]+|[^\s])/u.exec(rest)?.[0] ?? ''
  const meant = operators[word.replace(/\s+/, ' ').toLowerCase()] ?? nextTerm(rest)
  const thousands = /\d+$/.exec(text.slice(0, at))?.[0]
  if (word === ',' && thousands !== undefined && /^,\d{3}/.test(rest)) {
    const number = thousands + (/^[\d,]+/.exec(rest)?.[0] ?? '').replaceAll(',', '')
    return new Mistake(text, at, 'a JSON number has no commas', allowed, number)
  }
  if (/^[-+*/%^]/.test(word)) {
    return new Mistake(
      text,
      at,
      `${quoteAt(text, at)} cannot stand here: there is no arithmetic`,
      allowed,
      keyOf(text, at),
    )
  }
  return new Mistake(text, at, `${quoteAt(text, at)} is not an operator`, allowed, whole(text, at, word) ?? meant)
}

/** `.user=ann` is how other options take a value: all of it is told as it is written here. */
const whole = (text: string, at: number, word: string): string | undefined => {
  const [, path, given = ''] = /^(\S+?)=([^\s="&|]+)$/.exec(text) ?? []
  if (word !== '=' || path?.length !== at) return undefined
  return `${path} == ${/^(?:-?\d+(?:\.\d+)?|true|false|null)$/.test(given) ? given : JSON.stringify(given)}`
}

const nextTerm = (rest: string): string | undefined => (/^(?:[.!(]|has\b)/.test(rest) ? '&&' : undefined)

/** A key with a sign in it needs quotes. */
const keyOf = (text: string, at: number): string | undefined => {
  const [, before = ''] = /\.([\w-]+)$/.exec(text.slice(0, at)) ?? []
  const [behind = ''] = /^[-+*/%^][\w-]+/.exec(text.slice(at)) ?? []
  return before === '' || behind === '' ? undefined : `."${before}${behind}"`
}

// Words of other languages.
const operators: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  '=': '==',
  '===': '==',
  '!==': '!=',
  '<>': '!=',
  '=<': '<=',
  '=>': '>=',
  '~': '=~',
  '~=': '=~',
  '!': '!=',
  '&': '&&',
  '|': '||',
  and: '&&',
  or: '||',
  is: '==',
  eq: '==',
  equals: '==',
  ne: '!=',
  not: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  like: '=~',
  match: '=~',
  matches: '=~',
  contains: '=~',
  'not in': '!(.PATH in […])',
  ',': '&&',
  ';': '&&',
  '&&&': '&&',
  '|||': '||',
})

/** What stands where a field, `has(`, `!` or `(` is wanted. */
export const wrongTerm = (text: string, at: number, allowed: string): Mistake => {
  const rest = text.slice(at)
  if (rest === '') return new Mistake(text, at, 'the expression ends too early', allowed)
  const word = /^[\p{L}_][\p{L}\p{N}_-]*/u.exec(rest)?.[0]
  if (word !== undefined) return wrongWord(text, at, word, allowed)
  const value = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|-?\d[\w.]*)/s.exec(rest)?.[0]
  if (value !== undefined) {
    const compared = /^\s*([=!]=|<=|>=|<|>)\s*(\.[\w.[\]]+)/.exec(rest.slice(value.length))
    const flipped =
      compared === null
        ? undefined
        : `${compared[2]} ${flip[compared[1] ?? ''] ?? compared[1]} ${value.replaceAll("'", '"')}`
    return new Mistake(
      text,
      at,
      `${quoteAt(text, at)} comes first, but a comparison begins with a field`,
      allowed,
      flipped,
    )
  }
  const rooted = /^[$@](\.[\w.[\]]+)/.exec(rest)?.[1]
  const problem = rest.startsWith(')')
    ? 'there is nothing before )'
    : `an expression cannot begin with ${quoteAt(text, at)}`
  return new Mistake(text, at, problem, allowed, rooted)
}

const flip: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

const wrongWord = (text: string, at: number, word: string, allowed: string): Mistake => {
  const behind = text.slice(at + word.length)
  if (word.toLowerCase() === 'not') return new Mistake(text, at, `${word} is not an operator`, allowed, '!')
  if (/^(and|or|in)$/i.test(word)) return new Mistake(text, at, `there is nothing before ${word}`, allowed)
  if (/^\s*\(/.test(behind)) {
    const inside = /^\s*\(\s*(.*?)\s*\)/.exec(behind)?.[1] ?? ''
    const meant = word === 'select' ? inside : `has(${/^\.[^\s,]+$/.exec(inside)?.[0] ?? '.PATH'})`
    return new Mistake(text, at, `unknown function ${word}; the only function is has`, allowed, meant)
  }
  if (word === 'has') return new Mistake(text, at, 'has needs parentheses', allowed, `has(${behind.trim() || '.PATH'})`)
  const path = /^[\w-]+(?:\.[\w-]+|\[\d+\])*/.exec(text.slice(at))?.[0] ?? word
  return new Mistake(text, at, `${word} is not a field: a field begins with a dot`, allowed, `.${path}`)
}
