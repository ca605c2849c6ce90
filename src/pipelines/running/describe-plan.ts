import { findFacts } from '../file/facts.js'
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
    ['steps', job.steps.map(({ name, command }) => (name === command ? name : `${name} (${command})`))],
    ['hosts', hosts],
    ['secrets', secrets],
    ['keeps failures in', letters],
    ['keeps state in', job.steps.flatMap(({ stage }) => Object.values(stage.writes ?? {}).flatMap(path => path ?? []))],
    ['locks', job.lock === undefined ? [] : [`${job.lock.replace(/\.lock$/, '')}.lock`]],
    ['stops after', deadline === undefined ? [] : [`${deadline} ms`]],
    ['writes', [job.output === undefined ? 'standard output' : `${job.output}${job.append ? ' (appends)' : ''}`]],
    ['writes a summary to', summary === undefined ? [] : [summary === '-' ? 'standard error' : summary]],
  ]
  return lines.flatMap(([what, items]) => (items.length === 0 ? [] : [`${what}: ${items.join(', ')}\n`])).join('')
}
