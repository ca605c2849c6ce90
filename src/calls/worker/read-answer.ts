import { Failure } from '../../core/failure.js'
import { withEvidence } from '../evidence.js'
import { readOutput } from '../read-output.js'
import type { Correlation } from './correlate.js'
import { readRefusal } from './refusal.js'

/** What a worker has to say about a record; `wrong` is about the worker, which cannot be relied on any more. */
export type WorkerAnswer =
  | { readonly result: readonly Buffer[] }
  | { readonly refusal: Failure }
  | { readonly wrong: Failure }

/** Reads a line that a worker wrote, with its newline, for a record with this value at the path of the correlation. */
export type ReadAnswer = (bytes: Buffer, value: string) => WorkerAnswer

export const createAnswerReader =
  ({ raw, pass = false }: { readonly raw: boolean; readonly pass?: boolean }, correlation?: Correlation): ReadAnswer =>
  (bytes, value) => {
    const refusal = readRefusal(bytes)
    if (refusal !== undefined) return { refusal }
    const failure = correlation?.check(value, bytes)
    if (failure !== undefined) return { wrong: asFailure(withEvidence(failure, '', bytes)) }
    try {
      return { result: readOutput(bytes, { multi: false, raw, pass }) }
    } catch (error) {
      return { wrong: asFailure(withEvidence(error, '', bytes)) }
    }
  }

const asFailure = (error: unknown): Failure => {
  if (error instanceof Failure) return error
  throw error
}
