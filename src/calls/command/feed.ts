import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import type { Clock } from '../../core/clock.js'
import { formatDuration } from '../../core/format-duration.js'
import { onAbort } from '../attempts/on-abort.js'
import { superviseGroup } from '../process/group.js'

export type FeedOptions = {
  /** Run by `/bin/sh`. */
  readonly script: string
  readonly environment: NodeJS.ProcessEnv
  readonly clock: Clock
  /** Milliseconds from the end of its input to its own; then it is ended. */
  readonly drain: number
  /** Milliseconds between TERM and KILL. */
  readonly killAfter: number
  /** It must end now. */
  readonly killing: AbortSignal
  /** Called once, as soon as it is known that the command did not do its work, and why. */
  readonly onError: (problem: string) => void
}

/** A command that is given lines on its standard input, from the beginning of a run to its end. */
export type Feed = {
  /** Settles when the command wants more; undefined: at once. The bytes must not change afterwards. */
  write(bytes: Buffer): void | Promise<void>
  /** Ends its input; settles when nothing of it is left. True: it read all there was and exited with 0. */
  end(): Promise<boolean>
}

/** Starts a command. Its output goes to standard error: standard output is for records. */
export const startFeed = (options: FeedOptions): Feed => {
  const { script, environment, clock, drain, killAfter, killing, onError } = options
  let problem: string | undefined
  let isEnding = false
  let wake = () => {}
  let cancelDrain = () => {}

  const fail = (text: string): void => {
    if (problem !== undefined) return
    problem = text
    onError(text)
  }

  const child = start(script, environment)
  const { stdin } = child
  child.on('error', error => {
    if (child.pid === undefined) fail(`could not be started: ${error.message}`)
  })
  // It closed its input before the end; how it exits says more.
  stdin.on('error', () => wake())
  stdin.on('drain', () => wake())
  stdin.on('close', () => wake())

  let end = (_: string) => {}
  const gone = new Promise<void>(resolve => {
    if (child.pid === undefined) return resolve()
    const group = superviseGroup(child, { clock, killAfter }, ({ code, signal }) => {
      cancelDrain()
      cancelAbort()
      if (code !== 0) fail(code === null ? `was killed by ${signal}` : `exited with ${code}`)
      else if (!isEnding || !stdin.writableFinished) fail('exited with 0 before it had read all of its input')
      wake()
      resolve()
    })
    end = text => {
      fail(text)
      group.end()
    }
    const cancelAbort = onAbort(killing, () => end(cutOff))
  })

  return {
    write(bytes) {
      if (problem !== undefined || stdin.destroyed || stdin.write(bytes)) return
      return new Promise(resolve => {
        wake = resolve
      })
    },
    async end() {
      isEnding = true
      stdin.end()
      if (killing.aborted) end(cutOff)
      else cancelDrain = clock.after(drain, () => end(`did not end within --drain ${formatDuration(drain)}`))
      await gone
      return problem === undefined
    },
  }
}

const cutOff = 'was cut off: the run was stopped'

const start = (script: string, environment: NodeJS.ProcessEnv): ChildProcessByStdio<Writable, null, null> =>
  spawn('/bin/sh', ['-c', script], {
    detached: true,
    env: environment,
    stdio: ['pipe', process.stderr, process.stderr],
  })
