import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Result } from './cli.js'

export type Counters = {
  readonly lines: number
  readonly read: number
  readonly upstream_failures: number
  readonly blank: number
  readonly delivered: number
  readonly filtered: number
  readonly failed: number
  readonly undelivered: number
  readonly exit_code: number
}

export type Account = {
  /** Values of the input and of what has come out as a result, byte for byte. */
  readonly input: readonly string[]
  readonly output: readonly string[]
  /** Values that are kept in failure records. */
  readonly failed: readonly string[]
  readonly counters: Counters
}

/** What does not add up in a run that makes one record of each, in words. */
export const findMiscounts = ({ input, output, failed, counters }: Account): string[] => {
  const { lines, read, upstream_failures, blank, delivered, filtered, undelivered, exit_code } = counters
  const equals: readonly (readonly [string, number, number])[] = [
    ['lines = read + upstream failures + blank', lines, read + upstream_failures + blank],
    ['read = delivered + filtered + failed + undelivered', read, delivered + filtered + counters.failed + undelivered],
    ['read is what was put in', read, input.length],
    ['delivered is what came out', delivered, output.length],
    ['failed is what failure records hold', counters.failed, failed.length],
  ]
  const lost = subtract(input, [...output, ...failed])
  const made = subtract([...output, ...failed], input)
  return [
    ...equals.filter(([, one, other]) => one !== other).map(([rule, one, other]) => `${rule}: ${one} and ${other}`),
    ...(lost.length === filtered + undelivered ? [] : [`lost: ${lost.join(' ')}`]),
    ...made.map(value => `made up or altered: ${value}`),
    ...(undelivered > 0 && exit_code === 0 ? ['undelivered, but exit code 0'] : []),
  ]
}

/** Asserts that every record of the input is accounted for; the run must have written `--summary summary.json`. */
export const assertAccount = (t: ExecutionContext, input: string, result: Result, kept = result.stderr): void => {
  const counters = readSummary(result.cwd)
  const out = linesOf(String(result.stdout))
  const failures = [...out, ...linesOf(kept)].filter(isFailure)
  const account = {
    input: linesOf(input),
    output: out.filter(line => !isFailure(line)),
    failed: failures.map(recordOf),
  }
  t.deepEqual(findMiscounts({ ...account, counters }), [])
  t.is(result.exitCode, counters.exit_code)
}

/** The counters that a run in this folder wrote with `--summary summary.json`. */
export const readSummary = (cwd: string): Counters & { readonly retried: number } =>
  JSON.parse(readFileSync(join(cwd, 'summary.json'), 'utf8'))

/** The record in a failure record, as it came. */
export const recordOf = (failure: string): string => {
  const at = failure.indexOf(',"record":')
  if (at !== -1) return failure.slice(at + ',"record":'.length, -1)
  const { raw, raw_base64 } = JSON.parse(failure)
  return raw ?? Buffer.from(raw_base64, 'base64').toString('latin1')
}

const linesOf = (text: string) => text.split('\n').filter(line => line.trim() !== '')

const isFailure = (line: string) => line.startsWith('{"$streamz":"error/')

const subtract = (values: readonly string[], others: readonly string[]): string[] => {
  const counts = new Map<string, number>()
  for (const value of others) counts.set(value, (counts.get(value) ?? 0) + 1)
  return values.filter(value => {
    const count = counts.get(value) ?? 0
    counts.set(value, count - 1)
    return count <= 0
  })
}
