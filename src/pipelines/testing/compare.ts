import { isDeepStrictEqual } from 'node:util'
import { formatDuration } from '../../core/format-duration.js'
import type { Case } from './read-suite.js'
import type { TestOutcome } from './run-case.js'

/** What in the outcome of a test is not as it was to be, in words. */
export const compare = ({ expect, calls }: Case, outcome: TestOutcome): readonly string[] => [
  ...(outcome.stuck === undefined ? [] : [`the job ${outcome.stuck}`]),
  ...[...outcome.fakes].flatMap(([step, { isLacking }]) =>
    isLacking ? [`calls: ${step} would make a call, and the test has no fake for it`] : [],
  ),
  ...compareOutput(expect.output, outcome.output),
  ...[...expect.outputs].flatMap(([branch, wanted]) =>
    compareOutput(wanted, outcome.outputs.get(branch) ?? [], `outputs: ${branch}`),
  ),
  ...compareFailures(expect.failures, outcome.failures),
  ...(expect.exit === outcome.exit ? [] : [`exit: expected ${expect.exit}, got ${outcome.exit}`]),
  ...[...expect.calls].flatMap(([step, count]) => {
    const made = outcome.fakes.get(step)?.calls ?? 0
    return made === count ? [] : [`calls: ${step}: expected ${count}, got ${made}`]
  }),
  ...[...expect.state].flatMap(([step, wanted]) => {
    const found = outcome.states.get(step)
    return isPart(wanted, found) ? [] : [`state: ${step}: expected ${show(wanted)}, got ${show(found)}`]
  }),
  ...compareElapsed(expect.elapsed, outcome.elapsed),
  ...[...calls.keys()].flatMap(step =>
    (outcome.fakes.get(step)?.listUnused() ?? []).map(text => `calls: ${step}: ${text}`),
  ),
]

/** What came out in the place of the expected lines, in words. */
export const compareOutput = (
  wanted: Case['expect']['output'],
  found: readonly string[],
  where = 'output',
): readonly string[] => {
  if (wanted === undefined) return []
  if (typeof wanted === 'number') {
    return found.length === wanted ? [] : [`${where}: expected ${lines(wanted)}, got ${found.length}`]
  }
  const length = Math.max(wanted.length, found.length)
  const at = Array.from({ length }, (_, index) => index).find(index => wanted[index] !== found[index])
  if (at === undefined) return []
  const side = (all: readonly string[]) => all[at] ?? 'no such line'
  return [`${where}: line ${at + 1}: expected ${side(wanted)}, got ${side(found)}`]
}

const lines = (count: number) => `${count} ${count === 1 ? 'line' : 'lines'}`

const compareFailures = (wanted: Case['expect']['failures'], found: TestOutcome['failures']): readonly string[] => {
  const told = found.map(({ step, kind, line, message }) => `${step} line ${line}: ${kind}: ${message}`)
  const count = typeof wanted === 'number' ? wanted : wanted.length
  if (count !== found.length) {
    return [
      `failures: expected ${count}, got ${found.length}${told.length === 0 ? '' : ` (${told.slice(0, 3).join('; ')})`}`,
    ]
  }
  if (typeof wanted === 'number') return []
  return wanted.flatMap((one, index) =>
    Object.entries(one).flatMap(([key, value]) => {
      const there = found[index]?.[key]
      const isSame =
        key === 'record' && typeof value === 'string'
          ? JSON.stringify(there) === value || there === value
          : isPart(value, there)
      return isSame ? [] : [`failures: ${index + 1}: ${key}: expected ${show(value)}, got ${show(there)}`]
    }),
  )
}

const compareElapsed = (wanted: Case['expect']['elapsed'], found: number): readonly string[] => {
  if (wanted === undefined || (found >= wanted.min && found <= wanted.max)) return []
  const range = wanted.min === wanted.max ? [wanted.min] : [wanted.min, wanted.max]
  return [`elapsed: expected ${range.map(formatDuration).join('..')}, got ${formatDuration(found)}`]
}

/** Whether everything of the first is in the second; lists are compared whole. */
const isPart = (wanted: unknown, found: unknown): boolean => {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return isDeepStrictEqual(wanted, found)
  if (typeof found !== 'object' || found === null) return false
  return Object.entries(wanted).every(([key, value]) => isPart(value, (found as Record<string, unknown>)[key]))
}

const show = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
