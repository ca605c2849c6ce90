import type { Clock } from '../../core/clock.js'
import { wait } from '../../core/wait.js'
import { joinSignals } from '../attempts/join-signals.js'
import { refuseIfAborted } from '../attempts/refuse-if-aborted.js'
import type { CallContext } from '../call.js'

/** Origins that have asked us to wait. */
export type OriginPauses = {
  /** Nobody calls this origin for so many milliseconds; a longer pause that was asked for before stays. */
  pause(origin: string, ms: number): void
  /**
   * Undefined when the origin may be called now. Waits without its slot, so that others go on, and settles with it; rejects
   * with `Refused` as soon as the attempt is ended or nothing is waited for any more, and then holds none.
   */
  wait(origin: string, context: Pick<CallContext, 'killing' | 'slot'>, stopping: AbortSignal): Promise<void> | undefined
  /** Whether any origin has asked: if not, nobody needs to know where a record goes. */
  readonly some: boolean
}

export const createOriginPauses = (clock: Clock): OriginPauses => {
  const until = new Map<string, number>()
  const left = (origin: string) => Math.max(0, (until.get(origin) ?? 0) - clock.now())

  const isOpen = (origin: string): boolean => {
    if (left(origin) > 0) return false
    until.delete(origin)
    return true
  }

  const waitOutside: OriginPauses['wait'] = async (origin, { killing, slot }, stopping) => {
    const signals = [killing, stopping]
    const giveUp = joinSignals(signals)
    try {
      // Who comes back with a slot may find that another answer has prolonged the pause.
      while (!isOpen(origin)) {
        slot?.release()
        refuseIfAborted(signals)
        while (!isOpen(origin)) {
          await wait(left(origin), clock, giveUp.signal)
          refuseIfAborted(signals)
        }
        await slot?.acquire(giveUp.signal)
      }
    } catch (error) {
      refuseIfAborted(signals)
      throw error
    } finally {
      giveUp.letGo()
    }
  }

  return {
    pause(origin, ms) {
      if (ms > left(origin)) until.set(origin, clock.now() + ms)
    },
    wait: (origin, context, stopping) => (isOpen(origin) ? undefined : waitOutside(origin, context, stopping)),
    get some() {
      return until.size > 0
    },
  }
}
