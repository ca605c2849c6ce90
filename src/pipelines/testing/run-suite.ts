import { writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { CommandTable } from '../../cli/definition.js'
import { nearest } from '../../cli/help/nearest.js'
import { UsageError } from '../../cli/usage-error.js'
import { explainWrite } from '../../stores/store-error.js'
import { loadJob, readJobFile } from '../file/load-job.js'
import { createMistakes } from '../file/mistakes.js'
import type { Job } from '../file/read-job.js'
import { listBranchFiles } from '../running/branch-files.js'
import { compare, compareOutput } from './compare.js'
import { type Case, readSuite } from './read-suite.js'
import { runCase, type TestOutcome } from './run-case.js'
import { type FoundLines, updateExpected } from './update-expected.js'

/** What became of a test. */
export type TestResult = {
  readonly name: string
  /** What is wrong, in words; none: it has passed. */
  readonly problems: readonly string[]
  /** Its expected output was replaced by what came out. */
  readonly isUpdated: boolean
  /** Messages of the job. */
  readonly said: readonly string[]
  readonly seconds: number
}

/** Runs all tests of a file; the last result is that of the file itself when a step was never reached. Throws a `UsageError`. */
export const runSuite = async (
  file: string,
  commands: CommandTable,
  { update = false } = {},
): Promise<readonly TestResult[]> => {
  const path = resolve(file)
  const bytes = readJobFile(file)
  const suite = await readSuite(file, bytes)
  const results: TestResult[] = []
  const updates: FoundLines[] = []
  const unreached = new Map<string, number>()
  for (const [index, given] of suite.cases.entries()) {
    const started = performance.now()
    const job = await loadJob(suite.job, { given: given.set, commands })
    refuseUnknownSteps(file, job, given)
    const outcome = await runCase(job, given)
    for (const step of outcome.unreached) unreached.set(step, (unreached.get(step) ?? 0) + 1)
    const others = update ? findOthers(given, outcome) : []
    updates.push(...others.map(other => ({ test: index, ...other })))
    const isUpdated = others.length > 0
    results.push({
      name: given.name,
      problems: compare(isUpdated ? withoutOutputs(given) : given, outcome),
      isUpdated,
      said: outcome.said,
      seconds: (performance.now() - started) / 1000,
    })
  }
  if (updates.length > 0) await rewrite(file, path, bytes, updates)
  const never = [...unreached].filter(([, count]) => count === suite.cases.length).map(([step]) => step)
  if (never.length === 0) return results
  const problems = never.map(what => `no test gives a record to the ${what}`)
  return [
    ...results,
    { name: `every step of ${basename(suite.job)} is reached`, problems, isUpdated: false, said: [], seconds: 0 },
  ]
}

/** What came out of a job that did not end, or that made up an answer, is nothing to expect. */
const findOthers = (
  { expect }: Case,
  { output, outputs, stuck, fakes }: TestOutcome,
): readonly Pick<FoundLines, 'branch' | 'lines'>[] => {
  if (stuck !== undefined || [...fakes.values()].some(({ isLacking }) => isLacking)) return []
  const main = compareOutput(expect.output, output).length > 0 ? [{ lines: output }] : []
  const others = [...expect.outputs].flatMap(([branch, wanted]) => {
    const lines = outputs.get(branch) ?? []
    return compareOutput(wanted, lines).length > 0 ? [{ branch, lines }] : []
  })
  return [...main, ...others]
}

const withoutOutputs = (given: Case): Case => {
  const { output: _, ...expect } = given.expect
  return { ...given, expect: { ...expect, outputs: new Map() } }
}

const rewrite = async (file: string, path: string, bytes: Buffer, updates: readonly FoundLines[]): Promise<void> => {
  const { text, updated } = await updateExpected(bytes.toString(), updates)
  if (updated < updates.length) {
    throw new UsageError(
      `${file}: --update cannot rewrite an expected output that is an alias or has a comment before its lines`,
    )
  }
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw explainWrite(error, file)
  }
}

const refuseUnknownSteps = (file: string, job: Job, { calls, state, expect, place }: Case): void => {
  const { steps } = job
  const names = steps.map(({ name }) => name)
  const mistakes = createMistakes(file)
  const ends = listBranchFiles(job).map(({ name }) => name)
  for (const name of expect.outputs.keys()) {
    if (ends.includes(name)) continue
    const near = nearest(name, ends)
    const known = ends.length === 0 ? 'none does' : `those that do are ${ends.join(', ')}`
    const rest = near === undefined ? known : `did you mean ${near}?`
    mistakes.add(place, `outputs: no branch ${name} ends in a file; ${rest}`)
  }
  for (const name of [...calls.keys(), ...state.keys(), ...expect.calls.keys(), ...expect.state.keys()]) {
    if (names.includes(name)) continue
    const near = nearest(name, names)
    const rest = near === undefined ? `its steps are ${names.join(', ')}` : `did you mean ${near}?`
    mistakes.add(calls.get(name)?.place ?? place, `The job has no step ${name}; ${rest}`)
  }
  for (const { name, command } of steps) {
    for (const { where, place: at } of command === 'gate' ? (calls.get(name)?.fakes ?? []) : []) {
      if (where !== undefined) mistakes.add(at, `calls: ${name}: where: a gate asks without a record`)
    }
  }
  mistakes.throwIfAny()
}
