import { Failure } from '../../core/failure.js'
import { describeError } from '../../core/json/describe-error.js'
import type { Line } from '../../core/lines.js'
import { type ScriptFault, status } from './protocol.js'

/** Why a script has no result for a line, from the status and the bytes that stand for it. */
export const scriptFailure = (result: number, bytes: Buffer, line: Line): Failure => {
  if (result === status.unreadable) {
    const { column, message } = describeError(line.bytes, 0, line.bytes.length)
    return new Failure('parse', 'input', `Line ${line.number}, column ${column}: ${message}`, { column })
  }
  if (result === status.tooLarge) {
    return new Failure(
      'output_too_large',
      'permanent',
      'Result of the script is longer than --max-response, or a line of it than --max-line',
    )
  }
  const { message, words, retryAfter } = JSON.parse(bytes.toString()) as ScriptFault
  return new Failure('script', retryAfter === undefined ? 'permanent' : 'throttled', message, {
    ...(words === '' ? {} : { stderr: words }),
    ...(retryAfter ? { retryAfter } : {}),
  })
}
