import { Failure } from '../../core/failure.js'
import { endBefore, endOfLast } from '../../core/json/element-starts.js'
import { Rows } from '../../core/json/rows.js'

/** What a batch was answered with for one item: a line, or what the other side says is wrong; nothing when it is left out. */
export type ItemAnswer = { readonly result: Buffer } | { readonly error: unknown } | undefined

/**
 * The elements of a JSON array, each as a line, byte for byte, or how many there are when it is more than `most`; undefined
 * when it is none.
 */
export const readElements = (bytes: Buffer, most: number): readonly Buffer[] | number | undefined => {
  if (!rows.scanAlone(bytes) || bytes[rows.starts[0] as number] !== 0x5b) return undefined
  const length = rows.elementCounts[0] as number
  if (length > most) return length
  const starts = rows.elements?.offsets ?? new Int32Array(0)
  const last = endOfLast(bytes, rows.ends[0] as number)
  return Array.from({ length }, (_, index) => {
    const end = index === length - 1 ? last : endBefore(bytes, starts[index + 1] as number)
    return withNewline(bytes.subarray(starts[index], end))
  })
}

const rows = new Rows([{ text: '.', segments: [] }], { divided: true })

/**
 * The answer for each of so many items. An answer is one of
 * - an array as long as the batch: element i is the result of item i, or `{"error": …}` with no other member;
 * - an array of `{"index": i, "result": …}` and of objects with `index` and `error`, whatever else they hold, in any order, no
 *   index (from 0) twice.
 * Throws a `Failure` of kind `output_parse` for any other: then nothing is known of any item.
 */
export const readAnswers = (bytes: Buffer, count: number): readonly ItemAnswer[] => {
  const elements = readElements(bytes, count)
  if (elements === undefined) throw wrongAnswer('is not an array')
  if (typeof elements === 'number') throw wrongAnswer(`has ${elements} results for ${count} items`)
  return place(elements, count)
}

const place = (elements: readonly Buffer[], count: number): readonly ItemAnswer[] => {
  const marked = elements.map(readMarks)
  if (elements.length > 0 && marked.every(mark => mark?.index !== undefined))
    return placeByIndex(elements, marked, count)
  if (elements.length !== count) throw wrongAnswer(`has ${elements.length} results for ${count} items`)
  return elements.map((result, index) => {
    const mark = marked[index]
    return mark !== undefined && mark.index === undefined ? { error: mark.error } : { result }
  })
}

const placeByIndex = (
  elements: readonly Buffer[],
  marked: readonly (Mark | undefined)[],
  count: number,
): ItemAnswer[] => {
  const answers = new Array<ItemAnswer>(count).fill(undefined)
  for (const [at, mark] of marked.entries()) {
    const index = mark?.index ?? -1
    if (!Number.isInteger(index) || index < 0 || index >= count)
      throw wrongAnswer(`has an index that is not from 0 to ${count - 1}`)
    if (answers[index] !== undefined) throw wrongAnswer(`has the index ${index} twice`)
    answers[index] = mark?.isError ? { error: mark.error } : { result: readMember(elements[at]) }
  }
  return answers
}

type Mark = { readonly index: number | undefined; readonly isError: boolean; readonly error: unknown }

/** What an element says of itself when it is one of the three marked forms; undefined for a plain result. */
const readMarks = (element: Buffer): Mark | undefined => {
  if (element[0] !== 0x7b || !(element.includes('"error"') || element.includes('"index"'))) return undefined
  const members = JSON.parse(element.toString()) as Record<string, unknown>
  const names = Object.keys(members).sort().join()
  if (names === 'error') return { index: undefined, isError: true, error: members.error }
  const { index, error, ...others } = members
  if (typeof index !== 'number') return undefined
  // What else is said of it belongs to the error: a status, a code.
  if (Object.hasOwn(members, 'error')) return { index, isError: true, error: joinError(error, others) }
  return names === 'index,result' ? { index, isError: false, error: undefined } : undefined
}

const joinError = (error: unknown, others: Record<string, unknown>): unknown => {
  if (Object.keys(others).length === 0) return error
  return typeof error === 'object' && error !== null ? { ...others, ...error } : { error, ...others }
}

const resultRows = new Rows([{ text: '.result', segments: ['result'] }])

/** The bytes of the member `result`, as they came. */
const readMember = (element: Buffer = Buffer.alloc(0)): Buffer => {
  resultRows.scanAlone(element)
  return withNewline(element.subarray(resultRows.starts[0], resultRows.ends[0]))
}

const withNewline = (value: Buffer): Buffer => Buffer.concat([value, newline])

const newline = Buffer.from('\n')

export const wrongAnswer = (message: string) =>
  new Failure('output_parse', 'permanent', `Answer for the batch ${message}`)
