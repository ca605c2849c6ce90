import { checkFiles, type NamedFiles } from '../../cli/stream/check-files.js'
import { UsageError } from '../../cli/usage-error.js'
import { isTerminal } from '../../core/io/terminal.js'
import type { JobStep } from '../file/job-step.js'
import type { Job } from '../file/read-job.js'
import { listBranchFiles } from './branch-files.js'
import { lettersOf } from './open-letters.js'

/** Finds out before anything is read that every input can be, and that no file is used for two things. */
export const checkJobFiles = (job: Job, files: readonly string[]): void => {
  if (files.includes('-') && isTerminal(0)) {
    throw new UsageError(
      'Nothing is piped in: the job reads standard input; give it records with < records.ndjson, or name files below input',
    )
  }
  if (files.filter(file => file === '-').length > 1) throw new UsageError('input: "-" can be read once only')
  // With nothing to read standard input is not looked at either.
  checkFiles({
    files: files.length === 0 ? ['/dev/null'] : files,
    reads: Object.assign({}, ...job.steps.map(step => nameOf(step, step.stage.reads ?? {}))),
    writes: {
      summary: job.options.summary,
      output: job.output,
      ...Object.fromEntries(listBranchFiles(job).map(({ name, end }) => [`${name}: output`, end.path])),
    },
    stores: onceEach(job.steps),
  })
}

/** Files that several steps share by the same flag are one file, and each of them is checked once. */
const onceEach = (steps: readonly JobStep[]): NamedFiles => {
  const stores: Record<string, string | undefined> = {}
  const seen = new Set<string>()
  for (const step of steps) {
    const routes = (step.stage.routes ?? []).map(({ path }) => ['route', path] as const)
    for (const [flag, path] of [
      ...Object.entries(step.stage.writes ?? {}),
      ['dlq', lettersOf(step)] as const,
      ...routes,
    ]) {
      const key = `${flag}\0${path}`
      if (path === undefined || seen.has(key)) continue
      seen.add(key)
      stores[`${step.name}: ${flag.replace(/^--/, '')}`] = path
    }
  }
  return stores
}

const nameOf = ({ name }: JobStep, files: NamedFiles): NamedFiles =>
  Object.fromEntries(Object.entries(files).map(([flag, path]) => [`${name}: ${flag.replace(/^--/, '')}`, path]))
