import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import { onAbort } from '../attempts/on-abort.js'
import { forwardStderr } from '../process/forward-stderr.js'
import { type Exit, superviseGroup } from '../process/group.js'
import { spawnGroup } from '../process/spawn-group.js'
import type { PassStderr } from '../process/stderr-lines.js'

export type Child = {
  readonly program: string
  readonly args: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  readonly input: Buffer
  /** Line number of the record, for what comes on stderr. */
  readonly number: number
  /** Its reason is what the promise rejects with. */
  readonly killing: AbortSignal
}

export type ChildOptions = {
  readonly clock: Clock
  /** Milliseconds between TERM and KILL. */
  readonly killAfter: number
  /** Bytes of output above which the child is ended. */
  readonly maxResponse: number
  readonly stderr: PassStderr
}

export type Finished = {
  readonly exit: Exit
  readonly output: Buffer
  /** The last 4 KiB of stderr. */
  readonly stderr: string
}

/** Runs one child to its end; settles when nothing of its process group is left. Rejects with a `Failure`. */
export const runChild = (child: Child, options: ChildOptions): Promise<Finished> =>
  new Promise((resolve, reject) => {
    if (child.killing.aborted) throw child.killing.reason
    const started = spawnGroup(child, reject)
    if (started !== undefined) follow(started, child, options, resolve, reject)
  })

const follow = (
  started: ChildProcessWithoutNullStreams,
  child: Child,
  options: ChildOptions,
  resolve: (finished: Finished) => void,
  reject: (reason: unknown) => void,
) => {
  const { stdin, stdout, stderr } = started
  const chunks: Buffer[] = []
  let length = 0
  let failure: unknown
  let gone = false

  const forwarding = forwardStderr(stderr, () => child.number, options.stderr)
  const settle = (exit: Exit) => {
    cancelAbort()
    if (failure !== undefined) reject(failure)
    else resolve({ exit, output: join(chunks), stderr: forwarding.tail() })
  }
  const group = superviseGroup(started, { ...options, held: forwarding.held }, exit => {
    gone = true
    // Nobody waits for a reader of stderr when the answer is not wanted any more.
    if (failure === undefined || !forwarding.held()) forwarding.finish(() => settle(exit))
    else settle(exit)
  })
  const end = (reason: unknown) => {
    failure ??= reason
    if (gone) reject(failure)
    else group.end()
  }
  const cancelAbort = onAbort(child.killing, () => end(child.killing.reason))

  stdout.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= options.maxResponse) {
      chunks.push(chunk)
      return
    }
    stdout.destroy()
    end(tooLarge(options.maxResponse))
  })
  stdin.end(child.input)
}

const join = (chunks: readonly Buffer[]): Buffer =>
  chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)

const tooLarge = (maxResponse: number) =>
  new Failure(
    'output_too_large',
    'permanent',
    `Command wrote more than ${maxResponse} bytes to stdout; --max-response sets the limit`,
  )
