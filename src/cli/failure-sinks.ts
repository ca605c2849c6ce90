import type { Rejected } from '../core/envelope.js'
import { Lines } from '../core/lines.js'
import type { Fate, Output } from '../core/output.js'
import type { FailureSink } from '../core/run.js'
import { escapeControls } from './messages.js'

/** Failure records whole, on stderr or in place on standard output. */
export const recordSink = (output: Output, envelope: (rejected: Rejected) => Buffer): FailureSink => ({
  put: (rejected, fate) =>
    output.write(Lines.of(envelope(rejected), rejected.line.number, rejected.line.file), 1, fate),
  flush: () => output.flush(),
})

/** One line for people per failure; `brief` says only where and of which kind. */
export const textSink = (output: Output, from: string, brief: boolean): FailureSink => ({
  put({ line, failure }: Rejected, fate: Fate) {
    const place = line.file === undefined ? `line ${line.number}` : `${line.file}:${line.number}`
    const text = brief ? `${place}: ${failure.kind}` : `${from}: ${place}: ${failure.kind}: ${failure.message}`
    const bytes = Buffer.from(`${escapeControls(text.replaceAll('\n', ' '))}\n`)
    return output.write(Lines.of(bytes, line.number, line.file), 1, fate)
  },
  flush: () => output.flush(),
})

/** The run must not go on when failures can be kept no more: records would vanish. */
export const stopWhenLost = (sink: FailureSink, stop: () => void): FailureSink => ({
  put: (rejected, fate) =>
    sink.put(rejected, {
      taken: fate.taken,
      lost(records, number, file) {
        fate.lost(records, number, file)
        stop()
      },
    }),
  flush: sink.flush,
})
