import { Failure } from '../../core/failure.js'
import type { Lines } from '../../core/lines.js'
import { Neighbours } from '../../core/neighbours.js'
import type { CreateProcessor, Stop } from '../../core/processor.js'
import { wait } from '../../core/wait.js'
import { tooFast } from '../throttle.js'
import { createScales, type ScalesOptions } from './scales.js'

export type SharedThrottleOptions = ScalesOptions & {
  /** Asks the shared limit for slots: when each may be used, or how long to sleep. Wall-clock milliseconds. */
  readonly take: (
    key: string,
    cost: number,
    wanted: number,
  ) => Promise<{ readonly slots: readonly number[]; readonly wait: number; readonly lapse: number }>
  /** What to do when the limit cannot be asked. */
  readonly explain: (error: unknown) => Stop
  readonly mode: 'delay' | 'drop' | 'reject'
  readonly maxWait?: number | undefined
}

/** Lets records pass at a rate that is shared with other processes; what must wait stays unread. */
export const createSharedThrottle: CreateProcessor<SharedThrottleOptions> = (options, context) => {
  const { mode, maxWait, take } = options
  const { clock, stopping } = context
  const scales = createScales(options)
  // One after another records are the same to a limit without key and cost: slots for several are asked for at once.
  const alike = options.key === undefined && options.cost === 'record'
  // By the clock that nobody sets, whatever becomes of the wall clock while they are held.
  let slots: readonly number[] = []
  let lapse = 0
  // The head of the input would have to wait so long.
  let refused: number | undefined

  /** Lets the head pass, rejects or drops it; false when it must be asked for. */
  const settle = (lines: Lines, index: number, passing: Neighbours): boolean => {
    if (refused !== undefined) {
      const ms = refused
      refused = undefined
      passing.leaveOut(index)
      if (mode === 'drop') {
        context.filter(1)
        context.event('throttle.drop')
      } else context.reject(lines.at(index), tooFast(lines.number + index, ms))
      return true
    }
    const now = clock.now()
    slots = slots.filter(at => at >= now - lapse)
    const due = slots[0] !== undefined && slots[0] <= now
    if (!due) return false
    slots = slots.slice(1)
    return true
  }

  const ask = async (key: string, cost: number, wanted: number): Promise<void> => {
    const next = slots[0]
    if (next !== undefined) return wait(next - clock.now(), clock, stopping)
    try {
      const taken = await take(key, cost, wanted)
      const offset = clock.now() - clock.wall()
      slots = taken.slots.map(at => at + offset)
      lapse = taken.lapse
      if (slots[0] !== undefined) return await wait(Math.max(0, slots[0] - clock.now()), clock, stopping)
      if (mode !== 'delay' || (maxWait !== undefined && taken.wait > maxWait)) refused = taken.wait
      else {
        context.event('throttle.wait', { ms: taken.wait })
        await wait(taken.wait, clock, stopping)
      }
    } catch (error) {
      context.stop(options.explain(error))
    }
  }

  return {
    push(lines) {
      const passing = new Neighbours((from, until) => context.emit(lines.slice(from, until)))
      for (let index = 0; index < lines.length; index++) {
        try {
          const cost = scales.weigh(lines, index)
          if (settle(lines, index, passing)) continue
          const held = passing.end(index)
          context.giveBack(lines.slice(index))
          const asked = ask(scales.readKey(lines.bytes), cost, alike ? lines.length - index : 1)
          return held === undefined ? asked : Promise.all([held, asked]).then(() => {})
        } catch (error) {
          if (!(error instanceof Failure)) throw error
          passing.leaveOut(index)
          context.reject(lines.at(index), error)
        }
      }
      return passing.end(lines.length)
    },
  }
}
