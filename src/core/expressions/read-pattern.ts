import { Mistake } from './mistake.js'
import { compilePattern } from './pattern.js'
import { patternToken } from './pattern-token.js'
import { mostParts } from './write-out-repeats.js'

const wanted = 'a pattern in double quotes such as "^de-[0-9]+$"'
const signs = 'a regular expression without lookaround, backreferences and flags'

/**
 * Reads the regular expression in double quotes that begins at `at`: what stands there is the pattern, a quote in it is
 * `\"`. Refused is what cannot be searched for in linear time.
 */
export const readPattern = (text: string, at: number): { readonly source: string; readonly end: number } => {
  const found = /^"((?:[^"\\]|\\.)*)"/s.exec(text.slice(at))
  if (found === null) throw wrongPattern(text, at)
  const [all, source = ''] = found
  checkPattern(text, at + 1, source)
  return { source, end: at + all.length }
}

/** Throws a Mistake with its column unless the regular expression that stands at an offset of a text can be searched for in linear time. */
export const checkPattern = (text: string, at: number, source: string): void => {
  const fault = findFault(source)
  if (fault !== undefined) throw new Mistake(text, at + fault.at, fault.problem, signs, fault.meant)
  try {
    compilePattern(source)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const repeat = findRepeat(source)
    if (/linear/.test(error.message) && repeat !== undefined) {
      const meant = source.startsWith('{0,', repeat) ? '*' : '+'
      throw new Mistake(text, at + repeat, `written out, the repeats have more than ${mostParts} parts`, signs, meant)
    }
    const reason = error.message.replace(/^.*\/\w*: /s, '').toLowerCase()
    throw new Mistake(text, at, `the pattern cannot be used: ${reason}`, signs)
  }
}

const wrongPattern = (text: string, at: number): Mistake => {
  const rest = text.slice(at)
  if (rest.startsWith('"')) return new Mistake(text, at, 'the string is not closed', wanted)
  const inside = /^'([^']*)'|^\/((?:[^/\\]|\\.)+)\/|^(\w+)/.exec(rest)
  const body = inside?.[1] ?? inside?.[2] ?? inside?.[3]
  const problem = rest.startsWith('.') ? 'a pattern is not a field' : 'a pattern must be in double quotes'
  return new Mistake(text, at, problem, wanted, body === undefined ? undefined : `"${body.replaceAll('"', '\\"')}"`)
}

type Fault = { readonly at: number; readonly problem: string; readonly meant?: string | undefined }

/** What the engine would refuse without a place, or would take for something else. */
const findFault = (source: string): Fault | undefined => {
  const open: number[] = []
  let mayRepeat = false
  for (const { 0: sign, index: at } of source.matchAll(patternToken)) {
    if (isFlags(sign, at)) continue
    if (sign === '(' || sign.startsWith('(?')) {
      const fault = checkGroup(sign, at, source)
      if (fault !== undefined) return fault
      open.push(at)
      mayRepeat = false
    } else if (sign === ')') {
      if (open.pop() === undefined) return { at, problem: ') has no matching (', meant: String.raw`\)` }
      mayRepeat = true
    } else if (sign === '[') return { at, problem: 'the class [ is not closed', meant: String.raw`\[` }
    else if (/^(?:[*+?]|\{\d)/.test(sign)) {
      if (!mayRepeat) return { at, problem: `${sign} has nothing to repeat`, meant: `\\${sign}` }
      const before = /[^\x00-\x7f]$/u.exec(source.slice(0, at))?.[0]
      if (before !== undefined)
        return { at, problem: `${sign} repeats ${before}, which is not ASCII`, meant: `(?:${before})${sign}` }
      mayRepeat = false
    } else if (sign.startsWith('{,'))
      return { at, problem: `${sign} is not a valid repeat`, meant: `{0${sign.slice(1)}` }
    else if (sign === '^' || sign === '|') mayRepeat = false
    else {
      const fault = sign.startsWith('[')
        ? checkClass(sign, at)
        : sign.startsWith('\\')
          ? checkEscape(sign, at)
          : undefined
      if (fault !== undefined) return fault
      mayRepeat = true
    }
  }
  const [last] = open.slice(-1)
  return last === undefined ? undefined : { at: last, problem: 'the group ( is not closed', meant: String.raw`\(` }
}

/** `(?s)` and `(?m)` at the beginning are the only flags. */
const isFlags = (sign: string, at: number): boolean => at === 0 && /^\(\?[sm]+\)$/.test(sign)

const checkGroup = (sign: string, at: number, source: string): Fault | undefined => {
  if (sign === '(' || sign === '(?:' || sign === '(?<') return undefined
  if (/^\(\?<?[=!]$/.test(sign)) {
    const isNegative = sign.endsWith('!')
    const inside = /^[^()]*/.exec(source.slice(at + sign.length))?.[0] ?? ''
    return {
      at,
      problem: `${sign} is lookaround, which is not possible in linear time`,
      meant: isNegative ? `&& .PATH !~ "${inside}"` : `&& .PATH =~ "${inside}"`,
    }
  }
  if (sign === '(?P<') return { at, problem: `${sign} is not a valid group`, meant: '(?<' }
  if (/i/.test(sign))
    return {
      at,
      problem: `${sign} asks to ignore case, which is not possible in linear time`,
      meant: '[Aa]',
    }
  if (/^\(\?[sm]+\)$/.test(sign))
    return { at, problem: `${sign} is allowed only at the beginning of a pattern`, meant: `"${sign}…` }
  return { at, problem: `${sign} is not a valid group`, meant: '(?:' }
}

const checkClass = (sign: string, at: number): Fault | undefined => {
  for (const { 0: part, index } of sign.matchAll(
    /\\(?:u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|[pP]\{[^}]*\}|.)|./gsu,
  )) {
    if (part.startsWith('\\')) {
      const fault = checkEscape(part, at + index)
      if (fault !== undefined) return fault
    } else if (part > '\x7f') {
      const meant = /^\[[^\\^-]+\]$/.test(sign) ? `(?:${[...sign.slice(1, -1)].join('|')})` : '(?:ä|ö|ü)'
      return { at: at + index, problem: `${part} in a class is not ASCII`, meant }
    }
  }
  return undefined
}

const checkEscape = (sign: string, at: number): Fault | undefined => {
  const letter = sign.charAt(1)
  if (/\d/.test(letter) || letter === 'k') {
    return { at, problem: `${sign} is a backreference, which is not possible in linear time` }
  }
  if (/[pP]/.test(letter)) return { at, problem: `${sign} is not supported`, meant: '[A-Za-z]' }
  if (/[ux]/.test(letter)) {
    const code = Number.parseInt(sign.replace(/[^\da-fA-F]/g, '') || 'x', 16)
    if (/^\\(?:u[\da-fA-F]{4}|x[\da-fA-F]{2})$/.test(sign) && code < 0x80) return undefined
    const meant = code >= 0x20 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined
    return { at, problem: `${sign} is not an ASCII character; write other characters directly`, meant }
  }
  if (/[a-zA-Z]/.test(letter) && !/[dDwWsSbBtnrvf]/.test(letter)) {
    const meant = { A: '^', z: '$', Z: '$', h: '[0-9a-f]', Q: undefined }[letter]
    return { at, problem: `${sign} means nothing`, meant: meant ?? letter }
  }
  return undefined
}

/** Where the largest counted repeat is. */
const findRepeat = (source: string): number | undefined => {
  let place: number | undefined
  let most = 1
  for (const { 1: from, 2: until, index } of source.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    const size = Math.max(Number(from), Number(until || 0))
    if (size <= most) continue
    most = size
    place = index
  }
  return place
}
