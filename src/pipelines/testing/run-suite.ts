import { basename } from 'node:path'
import type { CommandTable } from '../../cli/definition.js'
import { nearest } from '../../cli/help/nearest.js'
import { loadJob, readJobFile } from '../file/load-job.js'
import { createMistakes } from '../file/mistakes.js'
import type { Job } from '../file/read-job.js'
import { compare } from './compare.js'
import { type Case, readSuite } from './read-suite.js'
import { runCase } from './run-case.js'

/** What became of a test. */
export type TestResult = {
  readonly name: string
  /** What is wrong, in words; none: it has passed. */
  readonly problems: readonly string[]
  /** Messages of the job. */
  readonly said: readonly string[]
  readonly seconds: number
}

/** Runs all tests of a file; the last result is that of the file itself when a step was never reached. Throws a `UsageError`. */
export const runSuite = async (file: string, commands: CommandTable): Promise<readonly TestResult[]> => {
  const suite = await readSuite(file, readJobFile(file))
  const results: TestResult[] = []
  const unreached = new Map<string, number>()
  for (const given of suite.cases) {
    const started = performance.now()
    const job = await loadJob(suite.job, { given: given.set, commands })
    refuseUnknownSteps(file, job, given)
    const outcome = await runCase(job, given)
    for (const step of outcome.unreached) unreached.set(step, (unreached.get(step) ?? 0) + 1)
    results.push({
      name: given.name,
      problems: compare(given, outcome),
      said: outcome.said,
      seconds: (performance.now() - started) / 1000,
    })
  }
  const never = [...unreached].filter(([, count]) => count === suite.cases.length).map(([step]) => step)
  if (never.length === 0) return results
  const problems = never.map(step => `no test gives a record to the step ${step}`)
  return [...results, { name: `every step of ${basename(suite.job)} is reached`, problems, said: [], seconds: 0 }]
}

const refuseUnknownSteps = (file: string, { steps }: Job, { calls, state, expect, place }: Case): void => {
  const names = steps.map(({ name }) => name)
  const mistakes = createMistakes(file)
  for (const name of [...calls.keys(), ...state.keys(), ...expect.calls.keys(), ...expect.state.keys()]) {
    if (names.includes(name)) continue
    const near = nearest(name, names)
    const rest = near === undefined ? `its steps are ${names.join(', ')}` : `did you mean ${near}?`
    mistakes.add(calls.get(name)?.place ?? place, `The job has no step ${name}; ${rest}`)
  }
  mistakes.throwIfAny()
}
