import { status } from '../../calls/script/protocol.js'
import { scriptFailure } from '../../calls/script/results.js'
import type { ScriptPiece } from '../../calls/script/threads.js'
import { joinLines, Lines } from '../../core/lines.js'
import type { Context } from '../../core/processor.js'

/** Hands on what became of neighbouring lines: results that stand together leave together. */
export const emitPiece = (
  lines: Lines,
  { statuses, ends, bytes }: ScriptPiece,
  multi: boolean,
  context: Context,
): void | Promise<void> => {
  const held: Promise<void>[] = []
  const emit = (output: Lines, records: number) => {
    const promise = context.emit(output, records)
    if (promise !== undefined) held.push(promise)
  }
  const start = (index: number) => (index === 0 ? 0 : (ends[index - 1] as number))
  const emitRun = (from: number, until: number): void => {
    const { number, file } = lines
    if (from < until) emit(new Lines(bytes, start(from), ends, from, until - from, number + from, file), until - from)
  }

  let run = 0
  for (let index = 0; index < statuses.length; index++) {
    const result = statuses[index] as number
    if (result === status.emitted && !multi) continue
    emitRun(run, index)
    run = index + 1
    const part = bytes.subarray(start(index), ends[index])
    if (result === status.emitted) emit(splitResult(part, lines.number + index, lines.file), 1)
    else if (result === status.filtered) context.filter(1)
    else {
      const line = lines.at(index)
      // The script never saw what is no JSON.
      const attempts = result === status.unreadable ? 0 : 1
      context.reject(line, scriptFailure(result, part, line), { attempts, duration: 0 })
    }
  }
  emitRun(run, statuses.length)
  return held.length === 0 ? undefined : Promise.all(held).then(() => {})
}

/** All lines of one record have its number. */
const splitResult = (bytes: Buffer, number: number, file: string | undefined): Lines => {
  const lines = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start) + 1
    lines.push({ bytes: bytes.subarray(start, end), number, file })
    start = end
  }
  return joinLines(lines)
}
