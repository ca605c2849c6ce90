import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { CommandTable } from '../../cli/definition.js'
import { UsageError } from '../../cli/usage-error.js'
import { describeSystemError } from '../../core/io/system-error.js'
import { readNamed } from '../../stores/files/read-named.js'
import { type Job, readJob } from './read-job.js'

export type LoadOptions = {
  readonly given?: ReadonlyMap<string, string>
  /** Where its paths lead from; the folder of the file unless given. */
  readonly cwd?: string | undefined
  readonly commands: CommandTable
}

/** Reads a job file and goes to the folder that its paths lead from. Throws a `UsageError`. */
export const loadJob = async (file: string, { given = new Map(), cwd, commands }: LoadOptions): Promise<Job> => {
  const bytes = readJobFile(file)
  enterFolder(cwd ?? dirname(resolve(file)))
  return readJob({ file, bytes, given, commands })
}

export const readJobFile = (file: string): Buffer => {
  try {
    return readNamed(file)
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${describeSystemError(error)}`)
  }
}

const enterFolder = (folder: string): void => {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--cwd ${folder}: there is no such folder`)
  }
  process.chdir(folder)
}
