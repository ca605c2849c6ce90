import { compareCodePoints } from './compare-code-points.js'

/**
 * Tells whether a value, given the escapes of its line (0 when none of its strings holds a backslash), is written in canonical
 * form already: most keys are, and then their own bytes serve. An object or array may be and is not said to be.
 */
export const isCanonical = (bytes: Buffer, start: number, end: number, escapes: number): boolean => {
  const first = bytes[start] as number
  if (first === 0x22) return escapes === 0 || !hasBackslash(bytes, start, end)
  if (first >= 0x61) return first !== 0x7b // true, false, null
  if (first === 0x5b) return false
  return isPlainInteger(bytes, first === 0x2d ? start + 1 : start, end) && (first !== 0x2d || bytes[start + 1] !== 0x30)
}

/**
 * The canonical JSON of a value that a scanner accepted, so that equal values are equal texts: strings as `JSON.stringify` writes
 * them; numbers as their digits without zeros at either end and `e` with what is left of the exponent (`1`, `15e-1`, `1e3`, -0
 * is `0`), exact at any length; objects with their keys in the order of code points, the last of equal keys; no white space.
 */
export const canonicalText = (bytes: Buffer, start: number, end: number): string => {
  const first = bytes[start]
  if (first === 0x7b || first === 0x5b) return writeNested(bytes.toString('utf8', start, end))
  return writeScalar(bytes.toString('utf8', start, end))
}

const hasBackslash = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start + 1; at < end; at++) if (bytes[at] === 0x5c) return true
  return false
}

// A zero at the end moves into the exponent: 1000 and 1e3 are the same number.
const isPlainInteger = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) if (((bytes[at] as number) ^ 0x30) > 9) return false
  return bytes[end - 1] !== 0x30 || end - start === 1
}

const writeScalar = (json: string): string => {
  if (json.startsWith('"')) return json.includes('\\') ? JSON.stringify(JSON.parse(json)) : json
  return json === 'true' || json === 'false' || json === 'null' ? json : writeNumber(json)
}

const writeNumber = (json: string): string => {
  const { sign = '', whole = '', part = '', exponent = '0' } = numberParts.exec(json)?.groups ?? {}
  const all = `${whole}${part}`
  let from = 0
  while (all[from] === '0') from++
  if (from === all.length) return '0'
  let until = all.length
  while (all[until - 1] === '0') until--
  const shift = whole.length - until
  // An exponent may have more digits than a number holds.
  const left = exponent.length < 15 ? Number(exponent) + shift : BigInt(exponent.replace('+', '')) + BigInt(shift)
  return `${sign}${all.slice(from, until)}${left === 0 || left === 0n ? '' : `e${left}`}`
}

const numberParts = /^(?<sign>-?)(?<whole>\d+)(?:\.(?<part>\d+))?(?:[eE](?<exponent>[+-]?\d+))?$/

// What is open, from the outside in; the key of the value that comes next, for an object.
type Open = { readonly members: Map<string, string> | undefined; readonly elements: string[]; key: string | undefined }

const writeNested = (json: string): string => {
  const outside: Open[] = []
  let open: Open | undefined
  let result = ''
  const add = (value: string): void => {
    if (open === undefined) result = value
    else if (open.members === undefined) open.elements.push(value)
    else if (open.key === undefined) open.key = value
    else {
      open.members.set(open.key, value)
      open.key = undefined
    }
  }
  for (const [token] of json.matchAll(tokens)) {
    if (token === '{' || token === '[') {
      if (open !== undefined) outside.push(open)
      open = { members: token === '{' ? new Map() : undefined, elements: [], key: undefined }
    } else if (token === '}' || token === ']') {
      const value = close(open as Open)
      open = outside.pop()
      add(value)
    } else add(writeScalar(token))
  }
  return result
}

const close = ({ members, elements }: Open): string => {
  if (members === undefined) return `[${elements.join(',')}]`
  const names = [...members.keys()].map(key => ({ key, name: JSON.parse(key) as string }))
  names.sort((one, other) => compareCodePoints(one.name, other.name))
  return `{${names.map(({ key }) => `${key}:${members.get(key)}`).join(',')}}`
}

const tokens = /[{}[\]]|"(?:[^"\\]|\\.)*"|[^\s{}[\]",:]+/g
