import type { Path } from '../json/path.js'
import { Mistake, quoteAt } from './mistake.js'
import { readPath } from './read-path.js'
import { readPattern } from './read-pattern.js'
import { listElements, readValue } from './read-value.js'
import { wrongOperator, wrongTerm } from './suggest.js'
import type { Operator, Tree } from './tree.js'

/** A condition on a record, as a user wrote it. */
export type Expression = { readonly text: string; readonly tree: Tree }

/**
 * Parses an expression such as `.amount > 100 && (.country == "DE" || .vip)`. Throws a `Mistake` (a RangeError) that says where
 * the error is, what is allowed there and what was probably meant.
 */
export const parseExpression = (text: string): Expression => {
  const parser = new Parser(text)
  return { text, tree: parser.readAll() }
}

const term = '.PATH, has(.PATH), ! or ('
const operators = '==, !=, <, <=, >, >=, =~, !~, in'
const connectives = '&&, || or the end'
/** Maximum nesting depth of parentheses and `!`. */
const maxDepth = 200

class Parser {
  #at = 0
  #depth = 0

  constructor(readonly text: string) {}

  readAll(): Tree {
    if (this.text.trim() === '') throw this.#mistake(0, 'the expression is empty', term)
    const tree = this.#readOr()
    if (this.#at < this.text.length) throw this.#wrongEnd()
    return tree
  }

  #readOr = (): Tree => this.#readTerms('or', '||', () => this.#readTerms('and', '&&', this.#readNot))

  #readTerms(is: 'or' | 'and', word: string, read: () => Tree): Tree {
    const first = read()
    const terms = [first]
    while (this.#takes(word)) terms.push(read())
    return terms.length === 1 ? first : { is, terms }
  }

  #readNot = (): Tree => {
    if (!this.#takes('!')) return this.#readTerm()
    const from = this.#skipSpace()
    const inner = this.#nest(from, this.#readNot)
    return { is: 'not', inner }
  }

  #readTerm(): Tree {
    const from = this.#skipSpace()
    const { text } = this
    if (text[from] === '(') {
      this.#at++
      const inner = this.#nest(from, this.#readOr)
      if (!this.#takes(')')) {
        if (this.#skipSpace() === text.length) throw this.#mistake(from, 'the parenthesis is not closed', '&&, || or )')
        throw this.#wrongEnd()
      }
      this.#refuseOperator('an expression in parentheses cannot be compared', connectives)
      return inner
    }
    if (text[from] === '.') return this.#readComparison(from)
    if (/^has\s*\(/.test(text.slice(from))) return this.#readHas(from)
    throw wrongTerm(text, from, term)
  }

  #readHas(from: number): Tree {
    this.#at = this.text.indexOf('(', from) + 1
    const at = this.#skipSpace()
    if (this.text[at] !== '.') {
      const word = /^"?([^\s")]+)/.exec(this.text.slice(at))?.[1]
      const meant = word === undefined ? undefined : `has(.${word})`
      throw this.#mistake(at, `has( ) takes a field, not ${quoteAt(this.text, at)}`, '.PATH', meant)
    }
    const path = this.#readPath()
    if (!this.#takes(')')) {
      const behind = this.#skipSpace()
      throw this.#mistake(
        behind,
        `has( ) takes one field; ${quoteAt(this.text, behind)} follows it`,
        ')',
        `has(${path.text}) && has(.OTHER)`,
      )
    }
    this.#refuseOperator('has( ) is true or false and cannot be compared', connectives)
    return { is: 'has', path }
  }

  #readComparison(from: number): Tree {
    const path = this.#readPath()
    const at = this.#skipSpace()
    const operator = this.#takeOperator()
    if (operator === undefined) return { is: 'holds', path }
    const isInverted = this.text.slice(0, from).trimEnd().endsWith('!')
    const tree = this.#readRight(path, operator)
    const words = this.text.slice(from, this.#at)
    if (isInverted) {
      throw this.#mistake(at, '! before a comparison needs parentheses', connectives, `!(${words})`)
    }
    const link = tree.is === 'fields' ? `${words} && ${tree.other.text}` : `${words} && ${path.text}`
    this.#refuseOperator('comparisons do not chain', connectives, link)
    return tree
  }

  #readRight(path: Path, operator: string): Tree {
    const at = this.#skipSpace()
    const { text } = this
    if (operator === '=~' || operator === '!~') {
      const { source, end } = readPattern(text, at)
      this.#at = end
      return { is: 'pattern', path, negated: operator === '!~', source }
    }
    if (operator === 'in') {
      if (text[at] !== '[') throw this.#wrongList(at)
      const { json, end } = readValue(text, at, list)
      this.#at = end
      return { is: 'list', path, json: listElements(json) }
    }
    if (text[at] === '.') return { is: 'fields', path, operator: operator as Operator, other: this.#readPath() }
    const isOrder = operator !== '==' && operator !== '!='
    const wanted = isOrder ? 'a number, a string or .PATH' : 'a JSON value or .PATH'
    const { json, end } = readValue(text, at, wanted)
    if (isOrder && !/^["\d-]/.test(json)) {
      throw this.#mistake(at, `${operator} compares numbers and strings, not ${quoteAt(text, at)}`, wanted)
    }
    this.#at = end
    return { is: 'value', path, operator: operator as Operator, json }
  }

  #readPath(): Path {
    const { path, end } = readPath(this.text, this.#at)
    this.#at = end
    return path
  }

  /** The comparison that stands here; undefined when what stands here ends the term. */
  #takeOperator(): string | undefined {
    const at = this.#skipSpace()
    const rest = this.text.slice(at)
    if (rest === '' || rest.startsWith(')') || rest.startsWith('&&') || rest.startsWith('||')) return undefined
    const word = /^(?:[=!<>~&|]+|[A-Za-z]+)/.exec(rest)?.[0] ?? ''
    const known = /^(?:[=!]=|[=!]~|<=|>=|<|>|in)$/.exec(word)?.[0]
    if (known === undefined) throw wrongOperator(this.text, at, `${operators}, &&, || or the end`)
    this.#at = at + known.length
    return known
  }

  #refuseOperator(problem: string, allowed: string, link?: string): void {
    const at = this.#skipSpace()
    const operator = /^(?:[=!]=|[=!]~|<=|>=|<|>|in\b)/.exec(this.text.slice(at))?.[0]
    if (operator === undefined) return
    const meant = link === undefined ? undefined : `${link} ${operator} …`
    throw this.#mistake(at, problem, allowed, meant)
  }

  #wrongList(at: number): Mistake {
    const inside = /^\(([^()]*)\)/.exec(this.text.slice(at))?.[1]
    const value = /^(?:"[^"]*"|-?\d[\w.]*)/.exec(this.text.slice(at))?.[0]
    const meant = inside ?? value
    return this.#mistake(at, `in takes a list, not ${quoteAt(this.text, at)}`, list, meant && `[${meant}]`)
  }

  #wrongEnd(): Mistake {
    const at = this.#skipSpace()
    const closes = this.text[at] === ')'
    if (closes) return this.#mistake(at, 'there is no ( for this )', connectives)
    return wrongOperator(this.text, at, this.#depth > 0 ? '&&, || or )' : connectives)
  }

  #nest(at: number, read: () => Tree): Tree {
    if (++this.#depth > maxDepth) throw this.#mistake(at, `nested deeper than ${maxDepth} levels`, 'fewer ( and !')
    const tree = read()
    this.#depth--
    return tree
  }

  #takes(word: string): boolean {
    const at = this.#skipSpace()
    if (!this.text.startsWith(word, at)) return false
    this.#at = at + word.length
    return true
  }

  #skipSpace(): number {
    while (this.#at < this.text.length && /\s/.test(this.text.charAt(this.#at))) this.#at++
    return this.#at
  }

  #mistake = (at: number, problem: string, allowed: string, suggestion?: string): Mistake =>
    new Mistake(this.text, at, problem, allowed, suggestion)
}

const list = 'a list of JSON values such as ["a","b"]'
