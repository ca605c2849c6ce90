import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { makeFolder } from './temporary-folder.js'

/** A fresh folder with these files in it. */
export const makeFiles = (t: ExecutionContext, files: Readonly<Record<string, string>>): string => {
  const cwd = makeFolder(t)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
  return cwd
}

type Counts = Readonly<
  Record<'read' | 'delivered' | 'filtered' | 'failed' | 'undelivered' | 'unneeded' | 'out', number>
> & {
  readonly stage: string
  readonly failed_by_kind: Readonly<Record<string, number>>
}

export type JobSummary = { readonly steps: readonly Counts[]; readonly exit_code: number; readonly job: string | null }

export const readJobSummary = (cwd: string): JobSummary => JSON.parse(readFileSync(join(cwd, 'summary.json'), 'utf8'))

/** The counters of every step add up, and each step has read what the one before has passed on. */
export const assertBalanced = (t: ExecutionContext, { steps }: JobSummary): void => {
  for (const [index, step] of steps.entries()) {
    const settled = step.delivered + step.filtered + step.failed + step.undelivered + step.unneeded
    t.is(step.read, settled, JSON.stringify(step))
    const next = steps[index + 1]
    if (next !== undefined) t.is(step.out, next.read, `${step.stage} -> ${next.stage}`)
  }
}
