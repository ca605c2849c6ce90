import type { JobStep } from './job-step.js'
import type { Mistakes } from './mistakes.js'

/**
 * Finds steps with which a job cannot go on by a journal. What stands before a journalled step sees some of the records anew and
 * others not, so it must not keep anything of them; a call behind it would be made again unless it has a journal itself.
 */
export const checkJournals = (steps: readonly JobStep[], mistakes: Mistakes): void => {
  const paths = new Map<string, JobStep>()
  let first: JobStep | undefined
  for (const step of steps) {
    const path = step.stage.journal?.path
    if (path === undefined) {
      if (first !== undefined && makesCalls(step)) {
        const why = `it comes after ${first.name}, which has a journal, and would call again for records that are resumed`
        const isInBranch = steps.slice(0, steps.indexOf(step)).some(({ branches }) => branches.length > 0)
        const advice = isInBranch
          ? 'no journal can be in a branch, so put the call before the route'
          : `give it a journal of its own: journal: ${step.name}.journal`
        mistakes.add(step.place, `${step.command}: ${why}; ${advice}`)
      }
      continue
    }
    const other = paths.get(path)
    if (other !== undefined) mistakes.add(step.place, `${step.command}: ${path} is the journal of ${other.name} too`)
    paths.set(path, step)
    first ??= step
    for (const before of steps.slice(0, steps.indexOf(step))) {
      const problem = describeProblem(before)
      if (problem === undefined) continue
      const allowed = 'before a step with a journal may stand filter, check, throttle and skip'
      mistakes.add(before.place, `${before.command}: ${problem}; ${allowed}`)
    }
  }
}

const makesCalls = ({ command }: JobStep): boolean => command === 'map' || command === 'breaker'

const has = ({ words }: JobStep, ...names: readonly string[]): string | undefined =>
  names.find(name => words.flags.some(flag => flag === `--${name}` || flag.startsWith(`--${name}=`)))

/** Why a step cannot stand before a journalled one; undefined: it can. */
const describeProblem = (step: JobStep): string | undefined => {
  const { command, stage } = step
  if (stage.journal !== undefined) {
    const flag = has(step, 'multi', 'batch')
    return flag && `with ${flag} its results have no line of their own, by which a later journal could know them`
  }
  if (!['filter', 'check', 'throttle', 'skip'].includes(command)) return 'it would not see the records that are resumed'
  const isHolding = command === 'skip' && has(step, 'last') !== undefined
  return isHolding ? 'with last it holds records, and those that are resumed would overtake them' : undefined
}
