import { type Path, parsePath } from '../json/path.js'
import { Mistake, quoteAt } from './mistake.js'

const wanted = 'a field such as .user.id, .items[0].sku or ."odd key"'

/** Reads the path that begins with the dot at `at`; returns it and the offset behind it. */
export const readPath = (text: string, at: number): { readonly path: Path; readonly end: number } => {
  refuseNumber(text, at)
  let end = at
  for (let found = matchStep(text, end); found > end; found = matchStep(text, end)) end = found
  if (end === at) {
    if (!isEnd.test(text.charAt(at + 1))) throw wrongStep(text, at)
    return { path: { text: '.', segments: [] }, end: at + 1 }
  }
  if (text[end] === '.' || text[end] === '[') throw wrongStep(text, end)
  try {
    return { path: parsePath(text.slice(at, end)), end }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new Mistake(text, at, `${text.slice(at, end)} is not a field`, wanted)
  }
}

// The same as in paths elsewhere, but for the signs that mean something here: these need quotes in a key.
const character = String.raw`[\w$@#:]|[^\x00-\x7f\s]`
const step = new RegExp(
  String.raw`\.(?:${character})(?:-*(?:${character}))*|\.?\[\d+\]|\.?\["(?:[^"\\]|\\.)*"\]|\."(?:[^"\\]|\\.)*"`,
  'y',
)
const isEnd = /^[\s)=!<>&|]?$/

const matchStep = (text: string, at: number): number => {
  step.lastIndex = at
  return step.test(text) ? step.lastIndex : at
}

const refuseNumber = (text: string, at: number): void => {
  const number = /^\.(\d+)(?:[eE][+-]?\d+)?(?![\w.[-])/.exec(text.slice(at))
  if (number === null) return
  const [all, digits] = number
  throw new Mistake(text, at, `${all} may be a number or a field`, `0${all} for the number, ."${digits}" for the field`)
}

const wrongStep = (text: string, at: number): Mistake => {
  const rest = text.slice(at)
  const bracket = /^\.?\[\s*(.*?)\s*\]/.exec(rest)
  if (bracket !== null) {
    const [all, inside = ''] = bracket
    if (inside === '') return new Mistake(text, at, `${all} means each element, which is not supported`, wanted, '[0]')
    const word = /^['"]?([^'"\d-][^'"]*)['"]?$/.exec(inside)?.[1]
    const meant = word === undefined || word === '*' ? undefined : `["${word}"]`
    return new Mistake(text, at, `${all} is not an index`, 'a whole number from 0 up, or a key in double quotes', meant)
  }
  const single = /^\.'([^']*)'/.exec(rest)?.[1]
  const next = quoteAt(text, at + 1)
  return new Mistake(
    text,
    at + 1,
    text[at] === '[' ? '[ is not closed' : `a key cannot begin with ${next}`,
    'a key, an index in [ ], or a key in double quotes',
    single === undefined ? undefined : `."${single}"`,
  )
}
