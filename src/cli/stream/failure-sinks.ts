import type { Rejected } from '../../core/envelope.js'
import type { FailureFacts } from '../../core/failure.js'
import type { Output, Receipt } from '../../core/io/output.js'
import { findLastWords } from '../../core/last-words.js'
import { Lines } from '../../core/lines.js'
import type { FailureSink } from '../../core/stage.js'
import type { DeadLetters } from '../../stores/dead-letters/append.js'
import type { CommonOptions } from '../common-options.js'
import { escapeControls, type Messages } from '../messages.js'

type Tools = {
  readonly messages: Messages
  readonly output: Output
  readonly envelope: (rejected: Rejected) => Buffer
  readonly deadLetters: DeadLetters | undefined
  /** Called when failures cannot be kept any more. */
  readonly onLost: () => void
}

type Job = { readonly command: string; readonly options: Pick<CommonOptions, 'inline' | 'failures'> }

/** Where the options say failed records go: the dead-letter file, standard output, or stderr. */
export const chooseSink = (
  { command, options }: Job,
  { messages, output, envelope, deadLetters, onLost }: Tools,
): FailureSink => {
  if (deadLetters !== undefined) {
    return {
      put: (rejected, receipt) =>
        deadLetters.append(Lines.of(envelope(rejected), rejected.line.number, rejected.line.file), receipt),
      flush: () => deadLetters.flush(),
    }
  }
  if (options.inline) return recordSink(output, envelope)
  const how = options.failures ?? (messages.isTerminal ? 'text' : 'full')
  if (how === 'full') return stopWhenLost(recordSink(messages.output, showable(envelope, messages)), onLost)
  return stopWhenLost(textSink(messages.output, `streamz ${command}`, how === 'brief'), onLost)
}

/** What a terminal could obey is escaped, which JSON allows. */
const showable = (envelope: Tools['envelope'], { isTerminal }: Messages): Tools['envelope'] =>
  isTerminal ? rejected => Buffer.from(escapeControls(envelope(rejected).toString())) : envelope

/** Failure records whole, on stderr or in place on standard output. */
const recordSink = (output: Output, envelope: (rejected: Rejected) => Buffer): FailureSink => ({
  put: (rejected, receipt) =>
    output.write(Lines.of(envelope(rejected), rejected.line.number, rejected.line.file), 1, receipt),
  flush: () => output.flush(),
})

/** One line for people per failure; `brief` says only where and of which kind. */
const textSink = (output: Output, from: string, brief: boolean): FailureSink => ({
  put({ line, failure }: Rejected, receipt: Receipt) {
    const place = line.file === undefined ? `line ${line.number}` : `${line.file}:${line.number}`
    const words = brief ? undefined : findLastWords(failure.facts.stderr, failure.facts.output)
    const why = `${failure.message}${words === undefined ? '' : `: ${words}`}`
    const text = brief ? `${place}: ${failure.kind}` : `${from}: ${place}: ${failure.kind}: ${why}`
    const bytes = Buffer.from(`${escapeControls(text.replaceAll('\n', ' '))}\n`)
    return output.write(Lines.of(bytes, line.number, line.file), 1, receipt)
  },
  flush: () => output.flush(),
})

/** Hears of each failure with words of the other side, before it is kept. */
export const noteEvidence = (sink: FailureSink, note: (facts: FailureFacts) => void): FailureSink => ({
  put(rejected, receipt) {
    const { facts } = rejected.failure
    if (facts.stderr !== undefined || facts.output !== undefined) note(facts)
    return sink.put(rejected, receipt)
  },
  flush: sink.flush,
})

/** The run must not go on when failures can be kept no more: records would vanish. */
const stopWhenLost = (sink: FailureSink, stop: () => void): FailureSink => ({
  put: (rejected, receipt) =>
    sink.put(rejected, {
      delivered: receipt.delivered,
      lost(records, number, file) {
        receipt.lost(records, number, file)
        stop()
      },
    }),
  flush: sink.flush,
})
