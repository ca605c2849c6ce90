/** What a place in a shape may hold, where entries of the same cause differ. */
export type Hole = 'name' | 'time' | 'text' | 'number' | 'digits'

/** The holes by number, for `Pieces`; 0 is none. */
export const holeNumbers: Readonly<Record<Hole, number>> = { name: 1, time: 2, text: 3, number: 4, digits: 5 }

/** Texts that are the same in every entry of a shape, and the hole after each but the last. */
export type Pieces = {
  /** Four numbers a piece: how long its text is, the number of its hole, and of a text under eight bytes the bits. */
  readonly steps: Int32Array
  /** The longer texts by eight bytes; the last of a text may overlap the one before. */
  readonly words: Float64Array
}

/** Numbers in `steps` for each piece. */
export const stepLength = 4

/** The entries of one stage and one cause up to the record, cut before the kind: what is in front is the same for many causes. */
export type EntryShape = {
  readonly front: Pieces
  readonly back: Pieces
  /** The front as text, by which equal ones are known. */
  readonly frontText: string
}

/** Most digits in a row that a shape takes for one number in a text. */
export const mostDigits = 20

/**
 * The shape of an entry, from its line up to the value of its last key, which must be `key`; undefined when it is not
 * written exactly as JSON.stringify does, with a name first and the time in front of the error: nobody can be sure of others.
 */
export const createShape = (beginning: string, key: string): EntryShape | undefined => {
  const end = `,"${key}":`
  if (!beginning.endsWith(end)) return undefined
  const text = `${beginning.slice(0, -end.length)}}`
  const head = parse(text)
  // Written anew it is the same: no key comes twice, no number and no string is written in another way.
  if (head === undefined || JSON.stringify(head) !== text || !text.startsWith(appended)) return undefined
  if (!isObject(head.error) || typeof head.error.kind !== 'string' || typeof head.time !== 'string') return undefined
  if (['record', 'raw', 'raw_base64'].some(name => name in head)) return undefined
  const parts = cut(head, '')
  parts[parts.length - 1] = `${String(parts.at(-1)).slice(0, -1)}${end}`
  const fork = parts.indexOf(beforeKind)
  const frontParts = parts.slice(0, fork)
  const back = createPieces(parts.slice(fork + 1))
  if (!frontParts.some(part => isHole(part, 'time')) || back.steps.length > stepLength * mostPieces) return undefined
  return { front: createPieces(frontParts), back, frontText: JSON.stringify(frontParts) }
}

const appended = '{"$streamz":"error/1","entry":"'
const mostPieces = 64
// The key of a cause is cut after 250 bytes; so far no message may reach with the longest numbers in it.
const longestMessage = 250

const parse = (text: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const beforeKind = Symbol('before the kind')
type Part = string | { readonly hole: Hole } | typeof beforeKind

const isHole = (part: Part, hole: Hole): boolean => typeof part === 'object' && part.hole === hole

const holes: Readonly<Record<string, Hole>> = {
  '.entry': 'name',
  '.time': 'time',
  '.id': 'text',
  '.file': 'text',
  '.first_failed_at': 'text',
  '.error.sha256': 'text',
  '.line': 'number',
  '.stage.pid': 'number',
  '.error.exit': 'number',
  '.error.retry_after_ms': 'number',
  '.error.column': 'number',
  '.error.length': 'number',
  '.attempts': 'number',
  '.duration_ms': 'number',
  '.replays': 'number',
  '.error.message': 'digits',
  '.error.stderr': 'digits',
  '.first_error.message': 'digits',
}

/** The JSON text of a value in parts; what is no hole stays as it is. */
const cut = (value: unknown, path: string): Part[] => {
  const text = JSON.stringify(value)
  const hole = holes[path]
  if (typeof value === 'string') {
    if (path === '.error.kind') return [beforeKind, text]
    if (hole === 'digits') return cutDigits(text, path)
    return hole === undefined || hole === 'number' ? [text] : ['"', { hole }, '"']
  }
  if (typeof value === 'number') return hole === 'number' && /^\d+$/.test(text) ? [{ hole }] : [text]
  if (!isObject(value) || Object.keys(value).length === 0) return [text]
  const parts: Part[] = []
  for (const [name, inner] of Object.entries(value)) {
    parts.push(`${parts.length === 0 ? '{' : ','}${JSON.stringify(name)}:`, ...cut(inner, `${path}.${name}`))
  }
  return [...parts, '}']
}

const cutDigits = (text: string, path: string): Part[] => {
  const pieces = text.split(/\d+/)
  const longest = Buffer.byteLength(text) + mostDigits * (pieces.length - 1)
  // The digits of an escape are no number.
  if (text.includes('\\u') || (path === '.error.message' && longest > longestMessage)) return [text]
  return pieces.flatMap((piece, index): Part[] => (index === 0 ? [piece] : [{ hole: 'digits' }, piece]))
}

const createPieces = (parts: readonly Part[]): Pieces => {
  const steps: number[] = []
  const words: number[] = []
  let text = ''
  const add = (hole: number): void => {
    const bytes = Buffer.from(text)
    const { length } = bytes
    const bits = Buffer.concat([bytes, Buffer.alloc(8)])
    steps.push(length, hole, ...(length < 8 ? [bits.readInt32LE(0), bits.readInt32LE(4)] : [0, 0]))
    if (length >= 8) for (let at = 0; at < length; at += 8) words.push(bytes.readDoubleLE(Math.min(at, length - 8)))
    text = ''
  }
  for (const part of parts) {
    if (typeof part === 'string') text += part
    else if (typeof part === 'object') add(holeNumbers[part.hole])
  }
  add(0)
  return { steps: Int32Array.from(steps), words: Float64Array.from(words) }
}
