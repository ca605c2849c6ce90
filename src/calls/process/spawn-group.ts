import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { hasDescriptors } from './descriptors.js'
import { spawnFailure } from './spawn-failure.js'

export type Program = {
  readonly program: string
  readonly args: readonly string[]
  readonly environment: NodeJS.ProcessEnv
}

/** Starts a program at the head of a process group of its own; undefined when it cannot, and then says why, soon. */
export const spawnGroup = (
  { program, args, environment }: Program,
  reject: (reason: unknown) => void,
): ChildProcessWithoutNullStreams | undefined => {
  try {
    if (!hasDescriptors()) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
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
    // Not before the caller has got its answer, as for the errors that Node tells later.
    process.nextTick(() => reject(spawnFailure(program, error)))
    return undefined
  }
}

// A child that does not read its input closes the pipe: that is its right.
const ignore = () => {}
