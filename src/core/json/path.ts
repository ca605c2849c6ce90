/** The path of a field: object keys and array indexes from the outside in; an empty list is the whole record. */
export type Path = {
  /** As the user wrote it. */
  readonly text: string
  readonly segments: readonly (string | number)[]
}

/**
 * Reads a field path: `.user.id`, `.items[0].sku`, `."odd key"`, `.["odd key"]`; `.` is the whole record.
 * The leading dot may be omitted. Throws a RangeError that says what is wrong.
 */
export const parsePath = (text: string): Path => {
  const segments: (string | number)[] = []
  if (text === '.') return { text, segments }
  let at = 0
  do {
    step.lastIndex = at
    const { key, quoted, bracketed, index } = step.exec(text)?.groups ?? {}
    const segment = key ?? readQuoted(quoted ?? bracketed) ?? readIndex(index)
    if (segment === undefined) throw new RangeError(describe(text, at))
    segments.push(segment)
    at = step.lastIndex
  } while (at < text.length)
  return { text, segments }
}

// Characters that mean something around a path (`PATH=VALUE`, `sum(.x)`, `{.path}`, lists) need quotes in a key.
const bare = String.raw`[^\s\p{Cc}.[\]"\\=,(){}]+`
const literal = String.raw`"(?:[^"\\]|\\.)*"`
const step = new RegExp(
  String.raw`(?:^\.?|\.)(?:(?<key>${bare})|(?<quoted>${literal}))|\.?\[(?:(?<index>\d+)|(?<bracketed>${literal}))\]`,
  'yu',
)

const readQuoted = (text: string | undefined): string | undefined => {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as string // A JSON text in quotes is a string.
  } catch {
    return undefined
  }
}

const readIndex = (text: string | undefined): number | undefined =>
  text !== undefined && Number(text) <= largestIndex && (text === '0' || !text.startsWith('0'))
    ? Number(text)
    : undefined

const largestIndex = 2 ** 31 - 2

const describe = (text: string, at: number): string => {
  const what = text === '' ? 'it is empty' : `unexpected ${JSON.stringify(text.slice(at, at + 20))}`
  return `Invalid field path ${JSON.stringify(text)}: ${what}; expected keys and indexes such as .user.id, .items[0].sku or ."odd key"`
}
