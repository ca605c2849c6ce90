import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { flagOf } from '../../../cli/flag-of.js'
import { UsageError } from '../../../cli/usage-error.js'
import type { JournalHeader } from '../../../stores/journal/load.js'
import type { BreakerFlags } from '../../breaker/options.js'
import type { MapFlags } from '../options.js'

type Named = Readonly<Record<string, string>>

/** Hashes of everything that shapes a result, by the name of the option. */
export const hashCall = (flags: MapFlags, rest: readonly string[] | undefined, before: readonly string[]): Named => {
  const found: Record<string, string> = {}
  if (before.length > 0) found['what stands before the step'] = hash(JSON.stringify(before))
  for (const [key, value] of Object.entries(flags).sort()) {
    if (value === undefined || value === false || shapesNothing.has(key)) continue
    found[flagOf(key)] = hash(JSON.stringify(value))
  }
  if (rest !== undefined) found.COMMAND = hash(JSON.stringify(rest))
  if (flags.module !== undefined) found[`the file of --module`] = hashFile(flags.module)
  const body = /^@(.+)$/.exec(flags.body ?? '')?.[1]
  if (body !== undefined) found['the file of --body'] = hashFile(body)
  return found
}

/** What is known of regular files before they are read: sizes and both ends, by name and in order. */
export const hashInput = (files: readonly string[]): Named => {
  const found: Record<string, string> = {}
  for (const [index, file] of (files.length === 0 ? ['-'] : files).entries()) {
    const name = file === '-' ? 'standard input' : file
    if (found[name] !== undefined) throw new UsageError(`--journal: ${name} is given twice; give each FILE once`)
    found[name] = `${index} ${describeFile(file)}`
  }
  return found
}

/** The names of what differs between two runs; none: nothing does. */
export const listDifferences = (before: JournalHeader, now: Pick<JournalHeader, 'call' | 'input'>): string[] => [
  ...compare(before.call, now.call, ''),
  ...compare(before.input, now.input, 'the input '),
]

const compare = (before: Named, now: Named, what: string): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])].flatMap(name => {
    if (before[name] === now[name]) return []
    const how =
      before[name] === undefined ? 'was not given then' : now[name] === undefined ? 'was given then' : 'differs'
    return [`${what}${name} ${how}`]
  })

/** Options that decide when and how often calls are made and where things go, not what they come to. */
const shapesNothing: ReadonlySet<string> = new Set<keyof BreakerFlags>([
  'concurrency',
  'timeout',
  'killAfter',
  'startTimeout',
  'maxHeap',
  'pipeline',
  'order',
  'orderWindow',
  'orderBy',
  'retries',
  'backoff',
  'recordDeadline',
  'retryOn',
  'retryAfter',
  'noRetryOn',
  'retryBudget',
  'maxPause',
  'rate',
  'settle',
  'rateState',
  'rateStateReset',
  'dryRun',
  'dlqOutage',
  'journal',
  'resume',
  'resumeAnyway',
  'resumeFailed',
  'connectTimeout',
  'proxy',
  'cacert',
  'cert',
  'key',
  'insecure',
  'dlq',
  'dlqMax',
  'inline',
  'failures',
  'tolerate',
  'maxFail',
  'stage',
  'drain',
  'deadline',
  'summary',
  'progress',
  'color',
  'quiet',
  'rawOutput',
  'window',
  'minCalls',
  'failRate',
  'consecutive',
  'failureOn',
  'ignore',
  'slow',
  'openFor',
  'probes',
  'onOpen',
  'breakerKey',
  'state',
  'name',
  'stateTtl',
  'stateStrict',
  'onChange',
  'events',
])

const hash = (data: Buffer | string): string =>
  process.getBuiltinModule('node:crypto').hash('sha256', data, 'hex').slice(0, 16)

const hashFile = (path: string): string => {
  try {
    return hash(readFileSync(path))
  } catch {
    // The call itself will say what is wrong with it.
    return 'unreadable'
  }
}

const endSize = 4096

/** A pipe tells nothing of itself: its records are compared one by one. */
const describeFile = (file: string): string => {
  const fd = file === '-' ? 0 : openSync(file, 'r')
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) return 'pipe'
    const head = Buffer.alloc(Math.min(endSize, stats.size))
    const tail = Buffer.alloc(head.length)
    readSync(fd, head, 0, head.length, 0)
    readSync(fd, tail, 0, tail.length, stats.size - tail.length)
    return `${stats.size} bytes ${hash(Buffer.concat([head, tail]))}`
  } finally {
    if (fd !== 0) closeSync(fd)
  }
}
