import { Output } from '../../core/io/output.js'
import { describeSystemError } from '../../core/io/system-error.js'
import type { StopReason } from '../../core/run.js'
import type { JobBranch } from '../file/job-step.js'
import type { Job } from '../file/read-job.js'
import { listBranchFiles } from './branch-files.js'
import { type Destination, openDestination } from './open-destination.js'

/** The output of a job, and the files at the ends of its branches. */
export type JobOutputs = {
  readonly main: Output
  /** All of them. */
  readonly all: readonly Output[]
  /** Undefined for a branch that ends in no file. */
  of(branch: JobBranch): Output | undefined
  /** None has failed. */
  readonly areSound: boolean
  readonly bytesWritten: number
  /** Each file takes its place; gives the errors of those that cannot. */
  complete(): readonly Error[]
  /** The job was cut: gives where incomplete files are kept. Those that the next run writes again are worthless. */
  leave(areWorthless: boolean): readonly string[]
}

/** Opens all outputs, or none when one of them cannot be. Throws a `StoreError`. */
export const openJobOutputs = (job: Job, stop: (reason: StopReason) => void): JobOutputs => {
  const branches = listBranchFiles(job)
  const destinations = openAll([{ path: job.output, append: job.append }, ...branches.map(({ end }) => end)])
  const all = destinations.map(
    ({ fd, name }) =>
      new Output(fd, ({ kind, error }) => {
        if (kind === 'abandoned') return
        const message = `Cannot write ${name}: ${describeSystemError(error, 'folder')}`
        stop(kind === 'closed' ? { why: 'closed' } : { why: 'failed', message })
      }),
  )
  const byBranch = new Map(branches.map(({ name }, index) => [name, all[index + 1] as Output]))
  return {
    main: all[0] as Output,
    all,
    of: ({ name }) => byBranch.get(name),
    get areSound() {
      return all.every(({ error }) => error === undefined)
    },
    get bytesWritten() {
      return all.reduce((sum, output) => sum + output.bytesWritten, 0)
    },
    complete: () => destinations.flatMap(one => attempt(() => one.complete())),
    leave: areWorthless =>
      destinations.flatMap((one, index) => one.leave(areWorthless || all[index]?.bytesWritten === 0) ?? []),
  }
}

const openAll = (files: readonly { readonly path: string | undefined; readonly append: boolean }[]): Destination[] => {
  const opened: Destination[] = []
  try {
    for (const { path, append } of files) opened.push(openDestination(path, append))
    return opened
  } catch (error) {
    for (const one of opened) one.leave(true)
    throw error
  }
}

const attempt = (act: () => void): readonly Error[] => {
  try {
    act()
    return []
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return [error]
  }
}
