import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import { onAbort } from '../attempts/on-abort.js'
import { maxEvidence, withEvidence } from '../evidence.js'
import { forwardStderr } from '../process/forward-stderr.js'
import { type Exit, superviseGroup } from '../process/group.js'
import type { Member } from '../process/session.js'
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
  /** The call is made for its effect: the exit code decides, and the output is ignored. */
  readonly pass?: boolean
  /** Called once for a command that has exited well, its output still held open: the line's number and who lives in its session. */
  readonly onHeld?: ((lineNumber: number, members: readonly Member[]) => void) | undefined
}

export type Finished = {
  readonly exit: Exit
  readonly output: Buffer
  /** The last 4 KiB of stderr. */
  readonly stderr: string
}

/**
 * Runs one child to its end; settles when nothing of its session is left. The output of one that exits with 0 is whole: it
 * has been closed by everybody who held it. Rejects with a `Failure`.
 */
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
    const output = join(chunks)
    if (failure === undefined) resolve({ exit, output, stderr: forwarding.tail() })
    else reject(withEvidence(failure, forwarding.tail(), output))
  }
  const supervised = {
    ...options,
    held: forwarding.held,
    awaitsOutput: options.pass !== true,
    onHeld: (members: readonly Member[]) => options.onHeld?.(child.number, members),
  }
  const group = superviseGroup(started, supervised, exit => {
    gone = true
    // Do not wait for a slow reader of stderr when the answer is not needed any more.
    if (failure === undefined || !forwarding.held()) forwarding.finish(() => settle(exit))
    else settle(exit)
  })
  const end = (reason: unknown) => {
    failure ??= group.isHeld() ? heldOpen(reason) : reason
    if (gone) reject(withEvidence(failure, forwarding.tail(), join(chunks)))
    else group.end()
  }
  const cancelAbort = onAbort(child.killing, () => end(child.killing.reason))

  stdout.on('data', (chunk: Buffer) => {
    if (options.pass === true) {
      if (length < maxEvidence) chunks.push(chunk)
      length += chunk.length
      return
    }
    length += chunk.length
    if (length <= options.maxResponse) {
      chunks.push(chunk)
      return
    }
    if (length === chunk.length) chunks.push(chunk.subarray(0, maxEvidence))
    stdout.destroy()
    end(tooLarge(options.maxResponse))
  })
  stdin.end(child.input)
}

const join = (chunks: readonly Buffer[]): Buffer =>
  chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)

/** The command succeeded, so a retry would not help: a process that it left behind holds the output open. */
const heldOpen = (reason: unknown): unknown =>
  reason instanceof Failure && reason.kind === 'timeout'
    ? new Failure(
        'timeout',
        'permanent',
        `${reason.message}: the command has exited with 0, but something it started holds its standard output open; redirect the output of background processes to /dev/null`,
        { exit: 0 },
      )
    : reason

const tooLarge = (maxResponse: number) =>
  new Failure(
    'output_too_large',
    'permanent',
    `Command wrote more than ${maxResponse} bytes to stdout; --max-response sets the limit`,
  )
