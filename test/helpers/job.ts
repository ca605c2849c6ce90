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
  readonly branch: string | null
  /** How many records went to each of its branches. */
  readonly branches?: Readonly<Record<string, number>>
}

export type JobSummary = { readonly steps: readonly Counts[]; readonly exit_code: number; readonly job: string | null }

export const readJobSummary = (cwd: string): JobSummary => JSON.parse(readFileSync(join(cwd, 'summary.json'), 'utf8'))

/** The counters of every step add up, and the steps behind it, in branches too, have read what it has passed on. */
export const assertBalanced = (t: ExecutionContext, { steps }: JobSummary): void => {
  for (const [index, step] of steps.entries()) {
    const settled = step.delivered + step.filtered + step.failed + step.undelivered + step.unneeded
    t.is(step.read, settled, JSON.stringify(step))
    const next = steps.slice(index + 1).find(({ branch }) => branch === step.branch)
    if (next === undefined) continue
    const ways = Object.entries(step.branches ?? {})
    const branched = ways.map(([name, count]) => steps.find(({ branch }) => branch === name)?.read ?? count)
    // What a branch drops at once is filtered.
    const passed = ways.length === 0 ? step.out : step.out + step.filtered
    const read = branched.reduce((sum, count) => sum + count, next.read)
    t.is(passed, read, `${step.stage} -> ${[...ways.map(([name]) => name), next.stage].join(', ')}`)
  }
}
