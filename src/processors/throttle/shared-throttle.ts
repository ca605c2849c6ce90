import { Failure } from '../../core/failure.js'
import type { MissingKey } from '../../core/json/key-reader.js'
import type { Lines } from '../../core/lines.js'
import { Neighbours } from '../../core/neighbours.js'
import type { CreateProcessor, Stop } from '../../core/processor.js'
import { describeUsers } from '../../core/rules/describe-users.js'
import { wait } from '../../core/wait.js'
import { tooFast } from '../throttle.js'
import { createScales, type ScalesOptions } from './scales.js'

export type SharedThrottleOptions = ScalesOptions & {
  /**
   * Asks the shared limits for slots, as many in their order as there are: when each may be used, or how long it would have to
   * wait when that is refused, and how long to sleep before asking for the next. Wall-clock milliseconds.
   */
  readonly take: (
    wanted: readonly { readonly key: string; readonly costs: readonly number[] }[],
    refuses: (wait: number) => boolean,
  ) => Promise<{
    readonly decisions: readonly ({ readonly at: number } | { readonly wait: number })[]
    readonly wait: number
    readonly lapse: number
    readonly users?: readonly { readonly name: string; readonly slots: number }[]
  }>
  /** What is waited for, in messages. */
  readonly name?: string
  /** What to do when the limit cannot be asked. */
  readonly explain: (error: unknown) => Stop
  readonly mode: 'delay' | 'drop' | 'reject'
  readonly maxWait?: number | undefined
  /** What to do with a record without the key. By default it is rejected as `field`; `pass` emits it without counting it. */
  readonly missing?: MissingKey | undefined
}

/** Maximum number of records decided in one turn. */
const largestTurn = 4096

/** Limits the rate together with other processes; while a record waits, nothing more is read. Rejects as `createThrottle` does. */
export const createSharedThrottle: CreateProcessor<SharedThrottleOptions> = (options, context) => {
  const { mode, missing = 'fail', maxWait, take } = options
  const { clock, stopping } = context
  const scales = createScales(options)
  const refuses = (ms: number) => mode !== 'delay' || (maxWait !== undefined && ms > maxWait)
  // What was decided for the head of the input and has not left, by the clock that nobody sets.
  let taken: Awaited<ReturnType<typeof take>> = { decisions: [], wait: 0, lapse: 0, users: [] }
  let next = 0

  /** The records from here on that can be weighed; undefined when the first has no key and that is no failure. */
  const weigh = (lines: Lines, from: number) => {
    const wanted: { readonly key: string; readonly costs: readonly number[] }[] = []
    const until = Math.min(lines.length, from + largestTurn)
    for (let index = from; index < until; index++) {
      try {
        if (!scales.weigh(lines, index)) {
          if (missing === 'fail') throw scales.missingKey(lines.number + index)
          return wanted.length === 0 ? undefined : wanted
        }
        wanted.push({ key: scales.readKey(), costs: [...scales.weights] })
      } catch (error) {
        if (!(error instanceof Failure) || wanted.length === 0) throw error
        return wanted
      }
    }
    return wanted
  }

  const ask = async (wanted: Parameters<typeof take>[0], held: void | Promise<void>): Promise<void> => {
    try {
      const answer = await take(wanted, refuses)
      const offset = clock.now() - clock.wall()
      const decisions = answer.decisions.map(one => ('at' in one ? { at: one.at + offset } : one))
      taken = { ...answer, decisions }
      next = 0
      await held
      if (taken.decisions.length > 0) return
      context.event('throttle.wait', { ms: taken.wait })
      context.event('waiting', {
        what: options.name ?? 'the shared limit',
        until: clock.wall() + taken.wait,
        ...describeUsers(taken.users ?? []),
      })
      await wait(taken.wait, clock, stopping)
      if (!stopping.aborted) context.event('moving')
    } catch (error) {
      context.stop(options.explain(error))
    }
  }

  return {
    push(lines) {
      const passing = new Neighbours((from, until) => context.emit(lines.slice(from, until)))
      for (let index = 0; index < lines.length; index++) {
        const decision = taken.decisions[next]
        const now = clock.now()
        if (decision === undefined || ('at' in decision && decision.at < now - taken.lapse)) {
          try {
            const wanted = weigh(lines, index)
            if (wanted === undefined) {
              if (missing === 'pass') continue
              passing.leaveOut(index)
              context.filter(1)
              continue
            }
            context.giveBack(lines.slice(index))
            return ask(wanted, passing.end(index))
          } catch (error) {
            if (!(error instanceof Failure)) throw error
            passing.leaveOut(index)
            context.reject(lines.at(index), error)
          }
          continue
        }
        if ('at' in decision) {
          if (decision.at > now) {
            const held = passing.end(index)
            context.giveBack(lines.slice(index))
            return Promise.all([held, wait(decision.at - now, clock, stopping)]).then(() => {})
          }
          next++
          continue
        }
        next++
        passing.leaveOut(index)
        if (mode === 'drop') {
          context.filter(1)
          context.event('throttle.drop')
        } else context.reject(lines.at(index), tooFast(lines.number + index, decision.wait))
      }
      return passing.end(lines.length)
    },
  }
}
