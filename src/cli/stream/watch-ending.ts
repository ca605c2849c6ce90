import { type Clock, realClock } from '../../core/clock.js'
import { formatDuration } from '../../core/format-duration.js'
import type { Output } from '../../core/io/output.js'
import type { Run, StopReason } from '../../core/run.js'
import { runningTimeOf } from '../../core/running-time.js'
import type { DeadLetters } from '../../stores/dead-letters/append.js'
import { exitCodeOf } from '../exit-codes.js'
import type { Messages } from '../messages.js'
import { onOtherSignals, onSignals } from './signals.js'

/** How a run may end early; times in milliseconds. */
export type Ending = {
  readonly drain: number
  readonly deadline?: number | undefined
  /** How long running work needs to end after it was asked to: part of `drain`. */
  readonly killAfter?: number | undefined
  /** Ends everything that was started, at once. */
  readonly killNow?: (() => void) | undefined
  /** The real one unless given. */
  readonly clock?: Clock
}

/** Handles signals and the deadline: drain, then end running work, then give up on a reader that never reads. */
export const watchEnding = (
  run: Run,
  job: Ending,
  outputs: readonly Output[],
  messages: Messages,
  deadLetters: Pick<DeadLetters, 'abandon'> | undefined,
): (() => void) => {
  const { drain, deadline, killAfter = 0, clock = realClock } = job
  const timers: (() => void)[] = []
  const time = runningTimeOf(clock)
  const end = (reason: StopReason) => {
    run.stop(reason)
    timers.push(time.after(Math.max(0, drain - killAfter), () => run.kill()))
    timers.push(time.after(drain, giveUp))
    timers.push(time.after(drain + 2000, () => exitNow(reason, job)))
  }
  const giveUp = () => {
    deadLetters?.abandon()
    job.killNow?.()
    leaveSleepers()
  }
  // What was cut off at the last moment is still written if its reader takes it.
  const leaveSleepers = () => {
    for (const reader of [...outputs, messages.output]) if (reader.flush() !== undefined) reader.abandon()
    timers.push(clock.after(100, leaveSleepers))
  }
  if (deadline !== undefined) timers.push(time.after(deadline, () => end({ why: 'deadline' })))
  let isOver = false
  onSignals(
    signal => {
      if (isOver) return
      if (messages.isTerminal)
        messages.note(`Stopping; running calls have ${formatDuration(drain)} to finish (Ctrl-C again to stop now)`)
      end({ why: 'signal', signal })
    },
    () => {
      if (isOver) return
      run.kill()
      giveUp()
    },
    signal => isOver || exitNow({ why: 'signal', signal }, job),
  )
  onOtherSignals(() => job.killNow?.())
  return () => {
    // From here on a signal could only spoil the exit code: the handlers stay.
    isOver = true
    for (const cancel of timers) cancel()
  }
}

const exitNow = (reason: StopReason, job: Ending): void => {
  job.killNow?.()
  process.exit(exitCodeOf(reason))
}
