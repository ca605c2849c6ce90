import { Failure } from '../../core/failure.js'
import { formatDuration } from '../../core/format-duration.js'
import type { Exit } from '../process/group.js'
import { describeUnbuffered } from './unbuffered.js'

/** A worker is gone and has not answered this record. */
export const workerDied = ({ code, signal }: Exit, unfinished: number): Failure => {
  const how = code === null ? `was ended by ${signal ?? 'an unknown signal'}` : `exited with ${code}`
  const rest = unfinished === 0 ? '' : `, in the middle of its answer (${unfinished} bytes without a newline)`
  return new Failure('worker_died', 'transient', `Worker ${how} before it answered${rest}`, {
    ...(code === null ? { signal: signal ?? 'unknown' } : { exit: code }),
  })
}

/** It lives on, but no answer can come from it. */
export const outputClosed = (): Failure =>
  new Failure('worker_died', 'transient', 'Worker closed its standard output before it answered and kept running')

/** With `--pipeline` several records are in flight: what ends the worker takes the others along. */
export const endedForAnother = (): Failure =>
  new Failure('worker_died', 'transient', 'Worker was killed because of another record in flight')

export const tooMuch = (): Failure =>
  new Failure(
    'output_parse',
    'permanent',
    'Worker wrote more than one line for a record, expected exactly one; it is unclear which line answers which record',
  )

/** More lines came than records were given: the answers held at that time may be off by one. */
export const unsure = (): Failure =>
  new Failure(
    'output_parse',
    'permanent',
    'Worker wrote an extra line near the time of this answer; it is unclear which line answers which record',
  )

export const answerTooLarge = (maxResponse: number): Failure =>
  new Failure(
    'output_too_large',
    'permanent',
    `Worker wrote an answer of more than ${maxResponse} bytes; --max-response sets the limit`,
  )

export const noAnswer = (ms: number): Failure =>
  new Failure('timeout', 'transient', `No answer within ${formatDuration(ms)}`)

export const noStart = (ms: number): Failure =>
  new Failure('timeout', 'transient', `No first answer within ${formatDuration(ms)} of --start-timeout`)

/** Most workers that never answer hold their answers back: their output is no terminal, so it is written in blocks. */
export const addHint = (reason: unknown, program: string): unknown =>
  reason instanceof Failure && reason.kind === 'timeout'
    ? new Failure(
        reason.kind,
        reason.failureClass,
        `${reason.message}; does it take longer to start, or does it buffer its output? Try ${describeUnbuffered(program)}`,
        reason.facts,
      )
    : reason
