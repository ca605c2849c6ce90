import { Failure } from '../core/failure.js'
import type { Line } from '../core/lines.js'
import { isOwnLack } from '../core/rules/classes.js'
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
  await(call: Call): Call
}

/** `stopping`: aborted when nothing is waited for any more. */
export const createRoom = (stopping: AbortSignal): Room => {
  let running = 0
  const waiting = new Set<() => void>()
  // Failures at a moment when others were running.
  const worthWaiting = new WeakSet<Failure>()
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
    await: call => async (line, context) => {
      for (;;) {
        try {
          return await call(line, context)
        } catch (error) {
          if (!(error instanceof Failure && worthWaiting.has(error))) throw error
        }
        refuseIfAborted([context.killing, stopping])
        if (running > 0) await waitForEnd(context.killing)
        refuseIfAborted([context.killing, stopping])
      }
    },
  }
}
