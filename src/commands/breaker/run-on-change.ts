import type { ChildProcess } from 'node:child_process'
import { superviseGroup } from '../../calls/process/group.js'
import type { Breaker } from '../../core/breaker/model.js'
import { lastError } from '../../core/breaker/seen-errors.js'
import { realClock } from '../../core/clock.js'
import type { Transition } from './change.js'

export type OnChange = {
  run(change: Transition, breaker: Breaker, key: string | undefined): void
  /** Settles when all that was started has ended. */
  close(): Promise<void>
}

/**
 * Runs a shell command at each change of state, one after the other, with the figures in its environment. Its output goes
 * to stderr. Whatever becomes of it is only warned about.
 */
export const createOnChange = (command: string, warn: (message: string) => void, longest = 10_000): OnChange => {
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  const start = async (environment: Record<string, string>): Promise<void> => {
    try {
      const { execa } = await import('execa')
      const child = execa('/bin/sh', ['-c', command], {
        env: environment,
        // Standard output is for records.
        stdin: 'ignore',
        stdout: 2,
        stderr: 2,
        reject: false,
        // A group of its own: what it has started ends with it.
        detached: true,
        cleanup: false,
      })
      const isLate = await endInTime(child, longest)
      const done = await child
      if (!done.failed) return
      const ended = isLate ? `took longer than ${longest / 1000}s` : `ended with ${done.signal ?? done.exitCode}`
      warn(`The command of --on-change ${ended}`)
    } catch (error) {
      warn(`The command of --on-change could not be run: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      waiting--
    }
  }
  return {
    run(change, breaker, key) {
      if (waiting >= maxWaiting) {
        return warn(`The command of --on-change was not run: ${maxWaiting} changes are already waiting`)
      }
      waiting++
      const environment = describeForCommand(change, breaker, key)
      last = last.then(() => start(environment))
    },
    close: () => last,
  }
}

/** Settles when nothing is left of a child's group; true when it had to be ended. A notification must not hold the end of a run. */
const endInTime = (child: ChildProcess, longest: number): Promise<boolean> =>
  new Promise(resolve => {
    // It could not be started: the child itself says why.
    if (child.pid === undefined) return resolve(false)
    let isLate = false
    const group = superviseGroup(child, { clock: realClock, killAfter: 1000 }, () => {
      cancel()
      resolve(isLate)
    })
    const cancel = realClock.after(longest, () => {
      isLate = true
      group.end()
    })
  })

const maxWaiting = 10

const describeForCommand = (
  { from, to, at, until, generation, reason }: Transition,
  { options, errors }: Breaker,
  key: string | undefined,
): Record<string, string> => {
  const error = lastError(errors)
  const facts = {
    NAME: options.name,
    KEY: key ?? '',
    FROM: from,
    TO: to,
    TIME: new Date(at).toISOString(),
    UNTIL: until === null ? '' : new Date(until).toISOString(),
    GENERATION: generation,
    RULE: reason.rule,
    VALUE: reason.value,
    LIMIT: reason.limit,
    CALLS: reason.calls,
    BY: reason.by,
    WHY: reason.why ?? '',
    LAST_ERROR: error === undefined ? '' : error.message,
  }
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [`STREAMZ_BREAKER_${name}`, String(value).replaceAll('\0', '')]),
  )
}
