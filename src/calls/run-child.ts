import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Clock } from '../core/clock.js'
import { Failure } from '../core/failure.js'
import { forwardStderr } from './forward-stderr.js'
import { type Exit, superviseGroup } from './group.js'
import { onAbort } from './on-abort.js'
import { spawnFailure } from './spawn-failure.js'
import type { PassStderr } from './stderr-lines.js'

export type Child = {
  readonly program: string
  readonly args: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  readonly input: Buffer
  /** Line number of the record, for what comes on stderr. */
  readonly number: number
  /** Its reason is what the promise rejects with. */
  readonly signal: AbortSignal
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
    if (child.signal.aborted) throw child.signal.reason
    const started = start(child, reject)
    if (started !== undefined) follow(started, child, options, resolve, reject)
  })

const start = (child: Child, reject: (reason: unknown) => void): ChildProcessWithoutNullStreams | undefined => {
  const { program, args, environment } = child
  // Loaded with the first call: commands that may make none start without it.
  const { spawn } = process.getBuiltinModule('node:child_process')
  try {
    const started = spawn(program, args, { detached: true, env: environment, stdio: 'pipe' })
    // Without a listener a late error would end this whole program.
    started.on('error', error => {
      if (started.pid === undefined) reject(spawnFailure(program, error))
    })
    started.stdin?.on('error', ignore)
    started.stdout?.on('error', ignore)
    started.stderr?.on('error', ignore)
    return started.pid === undefined ? undefined : started
  } catch (error) {
    reject(spawnFailure(program, error))
    return undefined
  }
}

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

  const forwarding = forwardStderr(stderr, child.number, options.stderr)
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
  const cancelAbort = onAbort(child.signal, () => end(child.signal.reason))

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

// A child that does not read its input closes the pipe: that is its right.
const ignore = () => {}
