import { findFacts } from '../file/facts.js'
import type { BranchEnd, JobBranch, JobStep } from '../file/job-step.js'
import type { Job } from '../file/read-job.js'
import { checkJobFiles } from './check-job-files.js'
import { findInputs } from './find-inputs.js'
import { lettersOf } from './open-letters.js'

/** What a run of the job would read, do and write, a line each. Throws what keeps the run from beginning. */
export const describePlan = (job: Job): string => {
  const files = findInputs(job.input, job.allowEmpty)
  checkJobFiles(job, files)
  const { hosts, secrets } = findFacts(job)
  const letters = [...new Set(job.steps.flatMap(step => lettersOf(step) ?? []))]
  const { deadline, summary } = job.options
  const lines: readonly (readonly [what: string, items: readonly string[]])[] = [
    ['reads', files.map(file => (file === '-' ? 'standard input' : file))],
    ['steps', job.trunk.map(describeStep)],
    ...job.branches.map(branch => [`branch ${branch.name}`, describeBranch(branch)] as const),
    ['hosts', hosts],
    ['secrets', secrets],
    ['keeps failures in', letters],
    ['keeps state in', job.steps.flatMap(({ stage }) => Object.values(stage.writes ?? {}).flatMap(path => path ?? []))],
    ['locks', job.lock === undefined ? [] : [`${job.lock.replace(/\.lock$/, '')}.lock`]],
    ['stops after', deadline === undefined ? [] : [`${deadline} ms`]],
    ['writes', [job.output === undefined ? 'standard output' : describeFile(job.output, job.append)]],
    ['writes other files', job.steps.flatMap(({ name, stage }) => (stage.outputs === undefined ? [] : [name]))],
    ['writes a summary to', summary === undefined ? [] : [summary === '-' ? 'standard error' : summary]],
  ]
  return lines.flatMap(([what, items]) => (items.length === 0 ? [] : [`${what}: ${items.join(', ')}\n`])).join('')
}

const describeStep = ({ name, command }: JobStep): string => (name === command ? name : `${name} (${command})`)

const describeBranch = ({ where, steps, end }: JobBranch): readonly string[] => [
  where === undefined ? 'else' : where.text,
  ...(end.kind === 'dlq' ? steps.slice(0, -1) : steps).map(describeStep),
  ...describeEnd(end),
]

const describeEnd = (end: BranchEnd): readonly string[] => {
  if (end.kind === 'file') return [`writes ${describeFile(end.path, end.append)}`]
  if (end.kind === 'dlq') return [`keeps all as failures in ${end.path}`]
  return end.kind === 'drop' ? ['drops'] : []
}

const describeFile = (path: string, append: boolean): string => `${path}${append ? ' (appends)' : ''}`
