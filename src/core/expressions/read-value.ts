import { endBefore, endOfLast } from '../json/element-starts.js'
import { jsonNumber } from '../json/read-number.js'
import { Rows } from '../json/rows.js'
import { createScanner } from '../json/scan.js'
import { Mistake, quoteAt } from './mistake.js'

/** JSON as it stands in an expression, and the offset behind it. */
export type Value = { readonly json: string; readonly end: number }

/** Reads the JSON value that begins at `at`. `wanted` says what may stand there. */
export const readValue = (text: string, at: number, wanted: string): Value => {
  const first = text.charAt(at)
  if (first === '"') return readString(text, at)
  if (/[-+\d]/.test(first)) return readNumber(text, at, wanted)
  if (first === '[' || first === '{') return check(text, at, findClosing(text, at))
  const word = /^[\p{L}_$][\p{L}\p{N}_$]*/u.exec(text.slice(at))?.[0]
  if (word === 'true' || word === 'false' || word === 'null') return { json: word, end: at + word.length }
  throw wrongValue(text, at, word, wanted)
}

/** The elements of a JSON array, each as it stands there. */
export const listElements = (json: string): readonly string[] => {
  const bytes = Buffer.from(`${json}\n`)
  const rows = new Rows([{ text: '.', segments: [] }], { divided: true })
  rows.scanAlone(bytes)
  const starts = rows.elements?.offsets ?? new Int32Array(0)
  const length = rows.elementCounts[0] as number
  const last = endOfLast(bytes, rows.ends[0] as number)
  return Array.from({ length }, (_, index) =>
    bytes.toString('utf8', starts[index], index === length - 1 ? last : endBefore(bytes, starts[index + 1] as number)),
  )
}

const readString = (text: string, at: number): Value => {
  const end = at + (/^"(?:[^"\\]|\\.)*"/s.exec(text.slice(at))?.[0].length ?? 0)
  if (end === at) throw new Mistake(text, at, 'the string is not closed', 'a string in double quotes')
  return check(text, at, end)
}

const readNumber = (text: string, at: number, wanted: string): Value => {
  const word = /^[-+]?[\p{L}\p{N}_.]*(?:(?<=[eE])[-+]\d*)?/u.exec(text.slice(at))?.[0] ?? ''
  const isDate = /^\d{4}-\d/.test(text.slice(at))
  if (!isDate && jsonNumber.test(word)) return { json: word, end: at + word.length }
  const date = /^\d{4}-\d[-\dT:.Z+]*/.exec(text.slice(at))?.[0]
  if (date !== undefined) throw new Mistake(text, at, `${date} is not a JSON number`, wanted, `"${date}"`)
  const plain = word.replaceAll('_', '').replace(/^\+/, '')
  const number = /^-?(?:[\d.]+(?:[eE][+-]?\d+)?|0[xob][\da-f]+)$/i.test(plain)
    ? Number(plain.replace(/^(-?)0+(?=\d)/, '$1'))
    : Number.NaN
  throw new Mistake(
    text,
    at,
    `${word} is not a JSON number`,
    wanted,
    Number.isFinite(number) ? String(number) : undefined,
  )
}

/** Behind the bracket that closes the one at `at`; the end of the text when none does. */
const findClosing = (text: string, at: number): number => {
  let depth = 0
  for (const { 0: sign, index } of text.slice(at).matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (sign === '[' || sign === '{') depth++
    else if (sign === ']' || sign === '}') depth--
    if (depth === 0) return at + index + 1
  }
  return text.length
}

/** One fault of JSON is told as the records' are. */
const check = (text: string, at: number, end: number): Value => {
  const json = text.slice(at, end)
  // A newline is white space in JSON; in a string it is wrong, and here it would end the line.
  const bytes = Buffer.from(`${json.replaceAll('\n', json.startsWith('"') ? '\x01' : ' ')}\n`)
  scanner ??= createScanner()
  if (scanner.scan(bytes, 0, bytes.length)) return { json, end }
  const wrong = at + bytes.toString('utf8', 0, scanner.errorOffset).length
  if (wrong === end) throw new Mistake(text, at, 'the value is not closed', 'a JSON value')
  const message = scanner.errorMessage.charAt(0).toLowerCase() + scanner.errorMessage.slice(1)
  const isSingle = text[wrong] === "'"
  throw new Mistake(text, wrong, message, 'a JSON value', isSingle ? requote(text, wrong) : undefined)
}
let scanner: ReturnType<typeof createScanner> | undefined

const wrongValue = (text: string, at: number, word: string | undefined, wanted: string): Mistake => {
  if (text[at] === "'") return new Mistake(text, at, 'strings must be in double quotes', wanted, requote(text, at))
  if (word === undefined) {
    const pattern = /^\/(.*?[^\\])\//.exec(text.slice(at))?.[1]
    const meant = pattern === undefined ? undefined : `=~ "${pattern}"`
    return new Mistake(text, at, `a value cannot begin with ${quoteAt(text, at)}`, wanted, meant)
  }
  const meant = /^(true|false|null)$/i.test(word) ? word.toLowerCase() : (foreign[word] ?? `"${word}"`)
  return new Mistake(text, at, `${word} is not a JSON value`, wanted, meant)
}

const foreign: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  None: 'null',
  nil: 'null',
  undefined: 'null',
  NULL: 'null',
  yes: 'true',
  no: 'false',
})

const requote = (text: string, at: number): string => JSON.stringify(/^'([^']*)/.exec(text.slice(at))?.[1] ?? '')
