import { createScanner } from '../../core/json/scan.js'

/** What an input seems to be instead of one JSON value per line, and a command that makes it so. */
export type Guess = {
  readonly what: string
  /** A program that reads the input and writes lines; `FILE` stands for a file. */
  readonly convert?: string
  /** What to do instead. */
  readonly advice?: string
}

/**
 * What a line that is not JSON says about the input it comes from; `column` is its first wrong byte, from 1. At the
 * beginning of an input more can be told.
 */
export const guessInput = (bytes: Buffer, column: number, isBeginning: boolean): Guess | undefined => {
  const line = bytes.subarray(0, bytes.length - 1)
  const text = line
    .subarray(0, 64 * 1024)
    .toString('latin1')
    .replace(/\r$/, '')
  const encoding = isBeginning ? guessEncoding(line) : undefined
  if (encoding !== undefined) return encoding
  if (text.startsWith('\u001e')) return { what: 'a JSON text sequence', convert: 'jq --seq -c . FILE' }
  if (text.startsWith('\u00ef\u00bb\u00bf')) {
    return {
      what: 'concatenated files, with a byte order mark in the middle',
      convert: "sed 's/^\\xEF\\xBB\\xBF//' FILE",
    }
  }
  return (
    guessAt(text, column - 1) ??
    (isBeginning ? guessFormat(text, column - 1) : undefined) ??
    guessAround(bytes, text, column - 1)
  )
}

const guessEncoding = (line: Buffer): Guess | undefined => {
  const head = [...line.subarray(0, 4)]
  const is = (...wanted: readonly number[]) => wanted.every((byte, index) => head[index] === byte)
  const zeros = head.map(byte => (byte === 0 ? '0' : 'x')).join('')
  if (is(0xff, 0xfe, 0, 0) || is(0, 0, 0xfe, 0xff) || zeros === 'x000' || zeros === '000x') return unicode(32)
  if (is(0xff, 0xfe) || is(0xfe, 0xff) || zeros === 'x0x0' || zeros === '0x0x' || zeros === 'x0') return unicode(16)
  return undefined
}

const unicode = (bits: number): Guess => ({ what: `UTF-${bits}`, convert: `iconv -f UTF-${bits} -t UTF-8 FILE` })

/** What stands at the first wrong byte. */
const guessAt = (text: string, at: number): Guess | undefined => {
  const rest = text.slice(at)
  const before = text.slice(0, at).trimEnd()
  // A word may be wrong in its middle, as `nan` is, which begins like `null`.
  const begun = /-?[A-Za-z]*$/.exec(text.slice(0, at))?.[0] ?? ''
  const word = /^-?(?:nan|inf(?:inity)?|none|true|false|undefined)\b/i.exec(begun + rest)?.[0]
  if (word !== undefined)
    return {
      what: 'the output of a program that writes words that are not JSON',
      advice: `write null instead of ${word}`,
    }
  if (/^(?:\/\/|\/\*|#)/.test(rest)) return comments
  if (before.endsWith(',') && /^[}\]]/.test(rest))
    return { what: 'JSON with a comma after the last member', convert: 'yq -p yaml -o json -I 0 FILE' }
  if (rest.startsWith("'")) return { what: 'Python values, with single quotes', advice: 'use json.dumps to write them' }
  if (/^[{,]$/.test(before.slice(-1)) && /^[A-Za-z_$][\w$]*\s*:/.test(rest)) {
    return { what: 'JSON5 or JavaScript, with keys that have no quotes', convert: 'yq -p yaml -o json -I 0 FILE' }
  }
  return undefined
}

const comments: Guess = { what: 'JSON with comments', advice: 'remove the comments, which JSON does not allow' }

/** What the first line of an input looks like. */
const guessFormat = (text: string, at: number): Guess | undefined => {
  if (at >= text.length && /[[{,]\s*$/.test(text)) {
    if (/^\s*\[/.test(text)) return { what: 'one array over many lines', convert: "jq -c '.[]' FILE" }
    if (/^\s*\{/.test(text)) return { what: 'pretty-printed JSON', convert: 'jq -c . FILE' }
  }
  if (/^(?:data|event|id|retry):|^:/.test(text))
    return { what: 'server-sent events', convert: "sed -n 's/^data: *//p' FILE" }
  if (/^\s*</.test(text)) return { what: 'XML or HTML', convert: 'xq -c . FILE' }
  if (/^---(?:\s|$)|^%YAML|^[\w-]+:(?:\s|$)/.test(text)) return { what: 'YAML', convert: 'yq -o json -I 0 FILE' }
  if (/^\w+=\S*(?:\s+\w+=\S*)+/.test(text))
    return { what: 'logfmt', convert: 'mlr --idkvp --ifs space --ojsonl cat FILE' }
  const separator = [',', '\t', ';'].find(one => isTable(text, one))
  if (separator !== undefined) {
    const name = separator === '\t' ? 'TSV' : 'CSV'
    const options = separator === ';' ? '--icsv --ifs semicolon' : separator === '\t' ? '--itsv' : '--icsv'
    return { what: name, convert: `mlr ${options} --ojsonl cat FILE` }
  }
  return /^[\s]*[A-Za-z(*>]/.test(text)
    ? { what: 'lines of text', advice: '--raw-input (-R) makes a JSON string of each' }
    : undefined
}

const isTable = (text: string, separator: string): boolean =>
  !/^\s*[[{]/.test(text) && text.split(separator).length > 1 && /^[\w"'. -]/.test(text)

/** More than one value on a line. */
const guessAround = (bytes: Buffer, text: string, at: number): Guess | undefined => {
  if (/^\s*[[{].*[}\]]\s*,\s*$/.test(text)) return { what: 'the lines of one array', convert: "jq -c '.[]' FILE" }
  if (at === 0 || !/^[[{"\d-]/.test(text.slice(at))) return undefined
  const isValue = createScanner().scan(Buffer.concat([bytes.subarray(0, at), Buffer.from('\n')]), 0, at + 1)
  return isValue ? { what: 'several JSON values on a line', convert: 'jq -c . FILE' } : undefined
}
