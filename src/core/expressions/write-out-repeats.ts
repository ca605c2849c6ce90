import { patternToken } from './pattern-token.js'

/** Parts that a pattern may have: characters, classes and groups, its counted repeats written out. */
export const mostParts = 1000

/**
 * The same pattern without counted repeats, and without captures: the linear engine of V8 takes no count above 16. Undefined
 * when it would have too many parts. The parts of a range are nested, which leaves the engine one way at a time to go on.
 */
export const writeOutRepeats = (source: string): string | undefined => {
  const open: { readonly start: number; readonly parts: number }[] = []
  let out = ''
  let parts = 0
  let last = { start: 0, parts: 0 }
  let isName = false
  for (const [sign] of source.matchAll(patternToken)) {
    const repeat = /^\{(\d+)(,?)(\d*)\}/.exec(sign)
    if (isName) isName = sign !== '>'
    else if (sign.startsWith('(')) {
      open.push({ start: out.length, parts })
      out += '(?:'
      parts = 0
      isName = sign === '(?<'
    } else if (sign === ')') {
      const group = open.pop() ?? last
      // An empty group is a part too.
      last = { start: group.start, parts: Math.max(1, parts) }
      out += ')'
      parts = group.parts + last.parts
    } else if (repeat !== null) {
      const [, least = '', comma, most = ''] = repeat
      const until = comma === '' ? Number(least) : most === '' ? undefined : Number(most)
      parts += last.parts * ((until ?? Number(least) + 1) - 1)
      if (parts > mostParts) return undefined
      out = out.slice(0, last.start) + writeOut(out.slice(last.start), Number(least), until)
    } else {
      if (!/^[*+?]/.test(sign)) {
        last = { start: out.length, parts: 1 }
        parts++
      }
      out += sign
    }
  }
  return out
}

const writeOut = (part: string, least: number, most: number | undefined): string => {
  const more = most === undefined ? `${part}*` : `(?:${part}`.repeat(most - least) + ')?'.repeat(most - least)
  return `(?:${part.repeat(least)}${more})`
}
