import { status } from '../../calls/script/protocol.js'
import { scriptFailure } from '../../calls/script/results.js'
import type { ScriptPiece } from '../../calls/script/threads.js'
import { Lines } from '../../core/lines.js'
import { Neighbours } from '../../core/neighbours.js'
import type { Context } from '../../core/processor.js'
import { linesOf } from './lines-of.js'

/** Hands on the outcome of neighbouring lines: results that stand together leave together. Of a test the lines are passed. */
export const emitPiece = (
  lines: Lines,
  { statuses, ends, bytes }: ScriptPiece,
  { multi, isTest }: { readonly multi: boolean; readonly isTest?: boolean },
  context: Context,
): void | Promise<void> => {
  const start = (index: number) => (index === 0 ? 0 : (ends[index - 1] as number))
  const { number, file } = lines
  const emitted = new Neighbours((from, until) => {
    if (isTest) return context.emit(lines.slice(from, until))
    const count = until - from
    return context.emit(new Lines(bytes, start(from), ends, from, count, number + from, file), count)
  })
  for (let index = 0; index < statuses.length; index++) {
    const result = statuses[index] as number
    if (result === status.emitted && !multi) continue
    emitted.leaveOut(index)
    const part = bytes.subarray(start(index), ends[index])
    if (result === status.emitted) emitted.hold(context.emit(linesOf(part, number + index, file), 1))
    else if (result === status.filtered) context.filter(1, number + index)
    else {
      const line = lines.at(index)
      // The script never saw lines that are not valid JSON.
      const attempts = result === status.unreadable ? 0 : 1
      context.reject(line, scriptFailure(result, part, line), { attempts, duration: 0 })
    }
  }
  return emitted.end(statuses.length)
}
