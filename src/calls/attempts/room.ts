import { Failure } from '../../core/failure.js'
import { isOwnLack } from '../../core/rules/classes.js'
import type { Attempt } from './attempt.js'
import type { Guard, Leave, Ruling } from './guard.js'
import { joinSignals } from './join-signals.js'
import { onAbort } from './on-abort.js'
import { refuseIfAborted } from './refuse-if-aborted.js'

/**
 * Makes a call again, as the same attempt, that there was no room for on this machine: no descriptor, process or memory. It
 * waits until another call has ended, and fails only when none is running, because then nothing of ours will make room.
 * `stopping`: aborted when nothing is waited for any more.
 */
export const createRoom = (guard: Guard, stopping: AbortSignal): Guard => {
  let running = 0
  const waiting = new Set<() => void>()

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

  const waitForRoom = async (killing: AbortSignal): Promise<Ruling> => {
    refuseIfAborted([killing, stopping])
    if (running > 0) await waitForEnd(killing)
    refuseIfAborted([killing, stopping])
    return again
  }

  const begin = (leave: Leave, attempt: Attempt): Leave => {
    running++
    return (error, answer) => {
      const told = leave(error, answer)
      running--
      // What never began makes no room. When nothing else will, the others must find that out too.
      if (!(error instanceof Failure && isOwnLack(error)) || running === 0 || attempt.ended) {
        wakeOne()
        return told
      }
      attempt.called = false
      return told instanceof Promise ? told.then(() => waitForRoom(attempt.killing)) : waitForRoom(attempt.killing)
    }
  }

  return (line, attempt, others) => {
    const given = guard(line, attempt, others)
    return given instanceof Promise ? given.then(leave => begin(leave, attempt)) : begin(given, attempt)
  }
}

const again = { notBefore: Number.NEGATIVE_INFINITY }
