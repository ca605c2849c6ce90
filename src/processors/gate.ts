import type { Cancel } from '../core/clock.js'
import { Failure } from '../core/failure.js'
import { formatLocal } from '../core/format-moment.js'
import type { CreateProcessor } from '../core/processor.js'
import { type HealthOptions, judgeHealth, unknownHealth } from '../core/rules/health.js'
import { runningTimeOf } from '../core/running-time.js'
import { stopCodes } from '../core/stop-codes.js'

export type GateOptions = HealthOptions & {
  /** One health check: resolves to undefined if healthy, otherwise to what is wrong. Never rejects. */
  readonly check: () => Promise<string | undefined>
  /** Milliseconds between checks. */
  readonly interval: number
  readonly onUnhealthy: 'pause' | 'fail' | 'reject'
  /** Longest wait in milliseconds, at the start and for each pause. */
  readonly maxWait: number
  /** Called with a readable message when the gate closes and when it opens again. */
  readonly tell: (message: string) => void
}

/** Passes records while a health check succeeds; until it does, nothing is read. */
export const createGate: CreateProcessor<GateOptions> = (options, context) => {
  const { interval, onUnhealthy, maxWait, tell } = options
  const { clock, stopping } = context
  let health = unknownHealth
  let problem: string | undefined
  let over = false
  // Since when every check has failed, and how many that were.
  let badSince: number | undefined
  let asked = 0
  let hasRead = false
  let cancelNext: Cancel = () => {}
  let cancelLimit: Cancel = () => {}
  let waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  const check = async (): Promise<void> => {
    const found = await options.check()
    if (over) return
    if (found !== undefined) problem = found
    asked = found === undefined ? 0 : asked + 1
    badSince = found === undefined ? undefined : (badSince ?? clock.wall())
    const before = health.verdict
    health = judgeHealth(health, found === undefined, options)
    if (health.verdict !== before) change(before)
    if (waiting !== undefined && !over) context.event('waiting', { what: 'the gate', why: describeAnswers() })
    if (!over) cancelNext = clock.after(interval, () => void check())
  }

  const change = (before: boolean | undefined): void => {
    context.event('gate', { healthy: health.verdict, ...(health.verdict ? {} : { problem }) })
    if (health.verdict) {
      if (before === false) tell('Healthy again: reading continues')
      return open()
    }
    if (onUnhealthy === 'fail') return fail(`Unhealthy: ${problem}`)
    tell(
      `Unhealthy: ${problem}; ${onUnhealthy === 'reject' ? 'rejecting records' : 'not reading'} until it is healthy again`,
    )
    if (onUnhealthy === 'reject') open()
  }

  const open = (): void => {
    cancelLimit()
    if (waiting !== undefined && health.verdict) context.event('moving')
    waiting?.resolve()
    waiting = undefined
  }

  const fail = (message: string): void => {
    over = true
    context.stop({ exit: stopCodes.temporary, message: `${message}; try again later` })
    open()
  }

  /** Resolves when records may pass, or when the wait has ended. */
  const wait = (): Promise<void> => {
    if (waiting === undefined) {
      let resolve = () => {}
      const promise = new Promise<void>(done => {
        resolve = done
      })
      context.event('waiting', { what: 'the gate' })
      waiting = { promise, resolve }
      cancelLimit = runningTimeOf(clock).after(maxWait, () =>
        fail(`${hasRead ? 'Reading stopped' : 'Nothing read'}: ${explain()}not healthy within --max-wait`),
      )
    }
    return waiting.promise
  }

  /** `… answers 503, asked 60 times since 02:00`; undefined when the last check was good, or none has ended. */
  const describeAnswers = (): string | undefined =>
    badSince === undefined || problem === undefined
      ? undefined
      : `${problem}, asked ${asked === 1 ? 'once, at' : `${asked} times since`} ${formatLocal(badSince, clock.wall())}`

  /** What the checks said, or that they were improving. */
  const explain = (): string => {
    if (problem === undefined) return 'no check has ended yet; '
    if (health.verdict || health.against === 0) return `${describeAnswers() ?? problem}; `
    const good = health.against === 1 ? 'the last check was good' : `the last ${health.against} checks were good`
    return `${good}, but --rise requires ${options.rise} in a row; before that: ${problem}; `
  }

  const stop = (): void => {
    over = true
    cancelNext()
    open()
  }
  stopping.addEventListener('abort', stop, { once: true })

  return {
    start() {
      const opened = wait()
      void check()
      return opened
    },
    push(lines) {
      hasRead = true
      if (health.verdict) return context.emit(lines)
      if (onUnhealthy === 'reject') {
        for (const line of lines) {
          const message = `Line ${line.number} came while the gate was closed: ${problem}`
          context.reject(line, new Failure('gate_closed', 'transient', message))
        }
        return
      }
      context.giveBack(lines)
      return wait()
    },
    end: stop,
  }
}
