import { Failure } from '../core/failure.js'
import type { Line } from '../core/lines.js'
import { isOwnLack } from '../core/rules/classes.js'
import type { Attempt } from './attempts/attempt.js'
import type { Guard, Leave } from './attempts/guard.js'
import { joinSignals } from './attempts/join-signals.js'
import { onAbort } from './attempts/on-abort.js'
import { refuseIfAborted } from './attempts/refuse-if-aborted.js'
import type { Call } from './call.js'

/** What this machine has room for: descriptors, processes, memory. */
export type Room = {
  /** Counts a call among those that take room. */
  take(call: Call): Call
  /** Whether a call of this record has failed with more than a refusal: then something may have been done for it. */
  wasCalled(line: Line): boolean
  /**
   * A call that there was no room for is made again when another one has ended, which is the same attempt; it fails only when
   * no other call is running, because then nothing of ours will make room.
   */
  guard(guard: Guard): Guard
}

/** `stopping`: aborted when nothing is waited for any more. */
export const createRoom = (stopping: AbortSignal): Room => {
  let running = 0
  const waiting = new Set<() => void>()
  // Failures at a moment when others were running.
  const worthWaiting = new WeakSet<Failure>()
  const lacking = new WeakSet<Attempt>()
  const called = new WeakSet<Line>()

  const wakeOne = (): void => {
    for (const wake of waiting) {
      waiting.delete(wake)
      return wake()
    }
  }

  const waitForEnd = (killing: AbortSignal): Promise<void> =>
    new Promise(resolve => {
      const { signal, letGo } = joinSignals([stopping, killing], ({ reason }) => reason)
      const go = () => {
        waiting.delete(go)
        cancel()
        letGo()
        resolve()
      }
      const cancel = onAbort(signal, go)
      waiting.add(go)
    })

  const judged =
    (attempt: Attempt, leave: Leave): Leave =>
    (error, answer) => {
      const ruling = leave(error, answer)
      if (!(error instanceof Failure && worthWaiting.has(error))) return ruling
      attempt.called = false
      lacking.add(attempt)
      return ruling instanceof Promise ? ruling.then(() => atOnce) : atOnce
    }

  return {
    take: call => async (line, context) => {
      running++
      let makesRoom = true
      try {
        return await call(line, context)
      } catch (error) {
        // What never began makes no room. When nothing else will, the others must find that out too.
        if (!(error instanceof Failure && isOwnLack(error))) {
          if (!(error instanceof Failure && error.failureClass === 'throttled')) called.add(line)
        } else if (running > 1) {
          makesRoom = false
          worthWaiting.add(error)
        }
        throw error
      } finally {
        running--
        if (makesRoom) wakeOne()
      }
    },
    wasCalled: line => called.has(line),
    guard: inner => (line, attempt, others) => {
      const enter = async () => {
        if (running > 0) await waitForEnd(attempt.killing)
        refuseIfAborted([attempt.killing, stopping])
        return inner(line, attempt, others)
      }
      const given = lacking.delete(attempt) ? enter() : inner(line, attempt, others)
      return given instanceof Promise ? given.then(leave => judged(attempt, leave)) : judged(attempt, given)
    },
  }
}

const atOnce = { notBefore: Number.NEGATIVE_INFINITY }
