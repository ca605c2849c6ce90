import type { Call } from '../../src/calls/call.js'
import { Failure, type FailureClass, type FailureFacts } from '../../src/core/failure.js'
import type { Line } from '../../src/core/lines.js'

export const line: Line = { bytes: Buffer.from('{}\n'), number: 7, file: undefined }
export const answer = [Buffer.from('1\n')]

export const failure = (failureClass: FailureClass = 'transient', facts: FailureFacts = {}) =>
  new Failure('exit', failureClass, 'Failed', facts)

/** A call that never settles by itself and rejects with the reason when it is aborted. */
export const hangs: Call = (_line, { killing: signal }) =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
  })

/** A call that fails with each of these in turn, and then succeeds. */
export const failsWith = (...failures: Failure[]) => {
  const attempts: number[] = []
  const call: Call = async (_line, { attempt }) => {
    attempts.push(attempt)
    const next = failures.shift()
    if (next !== undefined) throw next
    return answer
  }
  return { call, attempts }
}
