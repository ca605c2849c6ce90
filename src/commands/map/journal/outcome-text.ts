import { type Attempts, Failure, type FailureFacts } from '../../../core/failure.js'
import type { Line } from '../../../core/lines.js'
import { Lines } from '../../../core/lines.js'
import type { Kept } from '../../../core/processor.js'
import type { KnownOutcome } from '../../../processors/map/book.js'
import { linesOf } from '../../../processors/map/lines-of.js'
import type { JournalWord } from '../../../stores/journal/format.js'

/** An outcome as a journal keeps it: its word, and lines that end in a newline. */
export type OutcomeText = { readonly word: JournalWord; readonly result: Buffer }

export const writeOutcome = (outcome: KnownOutcome): OutcomeText => {
  if ('lines' in outcome) return { word: 'ok', result: outcome.lines.view() }
  if ('filtered' in outcome) return { word: 'none', result: nothing }
  if ('failure' in outcome) return writeFailure(outcome.failure, outcome.attempts)
  const { lines, delivered, rejected } = outcome.items
  if (rejected.length === 0) return { word: 'ok', result: lines.view() }
  const head = {
    delivered,
    attempts: toAttempts(outcome.attempts),
    rejected: rejected.map(({ line, failure }) => ({ record: line.bytes.toString('latin1'), ...toFailure(failure) })),
  }
  return { word: 'items', result: Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), lines.view()]) }
}

/** A failure, of this step unless another one is named. */
export const writeFailure = (failure: Failure, attempts: Attempts | undefined, step?: string): OutcomeText => {
  const text = { ...toFailure(failure), attempts: toAttempts(attempts), step }
  return { word: 'failed', result: Buffer.from(`${JSON.stringify(text)}\n`) }
}

export const readOutcome = ({ word, result }: OutcomeText, line: Line, kept: Kept | undefined): KnownOutcome => {
  if (word === 'none') return { filtered: true }
  if (word === 'failed') return { ...readFailure(result), ...(kept === undefined ? {} : { kept }) }
  if (word === 'ok') return { lines: readLines(result, line) }
  const end = result.indexOf(10) + 1
  const { delivered, rejected, attempts } = JSON.parse(result.toString('utf8', 0, end)) as ItemsText
  return {
    items: {
      lines: readLines(result.subarray(end), line),
      delivered,
      rejected: rejected.map(({ record, ...text }) => ({
        line: { ...line, bytes: Buffer.from(record, 'latin1') },
        failure: fromFailure(text),
      })),
    },
    attempts: fromAttempts(attempts),
    ...(kept === undefined ? {} : { kept }),
  }
}

/** A failure as `writeFailure` has written it. */
export const readFailure = (result: Buffer) => {
  const text = JSON.parse(result.toString()) as FailureText & {
    readonly attempts: AttemptsText | undefined
    readonly step?: string
  }
  return { failure: fromFailure(text), attempts: fromAttempts(text.attempts), step: text.step }
}

type FailureText = {
  readonly kind: Failure['kind']
  readonly class: Failure['failureClass']
  readonly message: string
  readonly facts: FailureFacts
}

type AttemptsText = Omit<Attempts, 'firstFailure'> & { readonly first?: FailureText | undefined }

type ItemsText = {
  readonly delivered: number
  readonly attempts: AttemptsText | undefined
  readonly rejected: readonly (FailureText & { readonly record: string })[]
}

const nothing = Buffer.alloc(0)

const toFailure = ({ kind, failureClass, message, facts }: Failure): FailureText => ({
  kind,
  class: failureClass,
  message,
  facts,
})

const fromFailure = ({ kind, class: failureClass, message, facts }: FailureText): Failure =>
  new Failure(kind, failureClass, message, facts)

const toAttempts = (attempts: Attempts | undefined): AttemptsText | undefined => {
  if (attempts === undefined) return undefined
  const { firstFailure, ...rest } = attempts
  return { ...rest, first: firstFailure && toFailure(firstFailure) }
}

const fromAttempts = (text: AttemptsText | undefined): Attempts | undefined => {
  if (text === undefined) return undefined
  const { first, ...rest } = text
  return first === undefined ? rest : { ...rest, firstFailure: fromFailure(first) }
}

/** Most results are one line. */
const readLines = (bytes: Buffer, { number, file }: Line): Lines =>
  bytes.indexOf(10) === bytes.length - 1 ? Lines.of(bytes, number, file) : linesOf(bytes, number, file)
