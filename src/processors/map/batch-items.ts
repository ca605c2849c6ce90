import { Failure, type FailureClass, type Kind, kinds } from '../../core/failure.js'
import { type Line, Lines } from '../../core/lines.js'
import { classOfStatus } from '../../core/rules/classes.js'
import { type ItemAnswer, readAnswers, readElements, wrongAnswer } from './batch-answers.js'
import { checkJson, type Shape } from './shape.js'

/** The outcome of the items of a record that is an array. */
export type ItemOutcome = {
  /** One line with the array of the good results, none when there are none, and how many there are. */
  readonly lines: Lines
  readonly delivered: number
  readonly rejected: readonly { readonly line: Line; readonly failure: Failure }[]
}

/** Each item is looked after by itself, which takes some hundred bytes. */
export const maxItems = 200_000

/** The items of a record that is an array, each as a line of its own; throws a `Failure` for any other record. */
export const readItems = (line: Line): readonly Line[] => {
  const elements = readElements(line.bytes, maxItems)
  if (elements === undefined) {
    checkJson(line)
    throw new Failure(
      'field',
      'input',
      `Line ${line.number} is not an array, as --batch requires: put streamz batch before it`,
    )
  }
  if (typeof elements === 'number') {
    throw new Failure(
      'field',
      'input',
      `Line ${line.number} is an array of ${elements} items, expected at most ${maxItems} for --batch; make smaller ones with streamz unbatch | streamz batch`,
    )
  }
  return elements.map(bytes => ({ ...line, bytes }))
}

/** Tells good items from bad ones by the answer for their batch, see `readAnswers`. */
export const splitItems = (items: readonly Line[], result: readonly Buffer[], shape: Shape): ItemOutcome => {
  const [answer] = result
  if (answer === undefined || result.length > 1) throw wrongAnswer('is not an array')
  const answers = readAnswers(answer, items.length)
  const good: Line[] = []
  const rejected: { line: Line; failure: Failure }[] = []
  for (const [index, line] of items.entries()) {
    try {
      good.push(...shape(line, [takeResult(answers[index], index)]))
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure
      rejected.push({ line, failure })
    }
  }
  const first = items[0]
  const lines =
    good.length === 0 || first === undefined ? Lines.none : Lines.fromLine({ ...first, bytes: joinArray(good) })
  return { lines, delivered: good.length, rejected }
}

const takeResult = (answer: ItemAnswer, index: number): Buffer => {
  if (answer === undefined) throw wrongAnswer(`says nothing about item ${index}`)
  if ('result' in answer) return answer.result
  throw itemFailure(answer.error, index)
}

/**
 * An item that the other side refused: its `kind`, `class` and `status` when it says so. Its words are kept in `stderr`,
 * because they may hold a part of the record.
 */
const itemFailure = (error: unknown, index: number): Failure => {
  const said = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {}
  const status = typeof said.status === 'number' ? said.status : undefined
  const kind = kinds.find(known => known === said.kind) ?? (status === undefined ? 'script' : 'http_status')
  const failureClass =
    classes.find(known => known === said.class) ?? (status === undefined ? 'permanent' : classOfStatus(status, false))
  return new Failure(kind satisfies Kind, failureClass, `Item ${index} of the batch was answered with an error`, {
    ...(status === undefined ? {} : { status }),
    stderr: JSON.stringify(error).slice(0, 4096),
  })
}

// Not `fatal`: one item must not end the run.
const classes: readonly FailureClass[] = ['transient', 'throttled', 'permanent', 'input']

/** The newlines between the values become commas: nothing else is copied twice. */
const joinArray = (lines: readonly Line[]): Buffer => {
  const array = Buffer.concat([opening, ...lines.map(line => line.bytes), Buffer.from('\n')])
  let at = 0
  for (const { bytes } of lines) {
    at += bytes.length
    array[at] = comma
  }
  array[at] = closing
  return array
}

const opening = Buffer.from('[')
const comma = 0x2c
const closing = 0x5d
