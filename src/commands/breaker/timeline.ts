import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { Readable } from 'node:stream'
import { wrap } from '../../cli/help/wrap.js'
import { reasonText } from '../../core/breaker/describe.js'
import type { Breaker } from '../../core/breaker/model.js'
import type { Reason } from '../../core/breaker/state.js'
import { bucketsOf, outcomesOf } from '../../core/breaker/window.js'
import { formatDuration } from '../../core/format-duration.js'
import { formatLocal } from '../../core/format-moment.js'
import { nameWho, parseWho } from '../../core/who.js'

/** A change of state out of a log. */
export type LoggedChange = {
  readonly type: 'transition' | 'override' | 'clock'
  readonly time: string
  readonly breaker: string
  readonly from: string
  readonly to: string
  readonly reason: Reason
  /** What the clock did, where that is what changed. */
  readonly why?: string
}

/**
 * The last changes in the log beside a state, oldest first; none when there is no log. What makes no sense is left out: a line
 * may be torn, also the first, where the end of a long log begins.
 */
export const readChanges = async (path: string): Promise<readonly LoggedChange[]> => {
  const bytes = readEnd(`${path}.log`)
  if (bytes.length === 0) return []
  // It loads a package that nobody else needs.
  const { toObjects } = await import('../../objects.js')
  const changes: LoggedChange[] = []
  for await (const value of Readable.from([bytes]).pipe(toObjects({ onFailure() {} })))
    changes.push(...findChange(value))
  return changes
}

const readEnd = (path: string): Buffer => {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return Buffer.alloc(0)
  }
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, 256 * 1024))
    const count = readSync(file, bytes, 0, bytes.length, size - bytes.length)
    return bytes.subarray(0, count)
  } catch {
    return Buffer.alloc(0)
  } finally {
    closeSync(file)
  }
}

const findChange = ({ type, time, breaker, from, to, reason, why }: Partial<LoggedChange>): LoggedChange[] => {
  if (type === 'clock' && [time, breaker, why].every(text => typeof text === 'string'))
    return [{ type, time, breaker, why } as LoggedChange]
  const texts = [time, breaker, from, to, reason?.rule, reason?.by]
  const isChange = (type === 'transition' || type === 'override') && texts.every(text => typeof text === 'string')
  if (!isChange) return []
  const who = parseWho(reason?.who)
  return [
    { type, time, breaker, from, to, reason: { ...reason, ...(who === undefined ? {} : { who }) } } as LoggedChange,
  ]
}

/** The last ten changes, a line each. */
export const drawTimeline = (changes: readonly LoggedChange[], now: number, width = 120): readonly string[] => {
  if (changes.length === 0) return []
  const last = changes.slice(-maxShown)
  const longest = Math.max(...last.map(({ to = '' }) => to.length))
  const times = last.map(({ time }) => formatLocal(Date.parse(time), now))
  const timeWidth = Math.max(...times.map(time => time.length))
  const rows = last.map(({ time, to = '', reason, why }, index) => {
    const ago = formatDuration(Math.max(0, Math.round((now - Date.parse(time)) / 1000) * 1000))
    const head = `  ${times[index]?.padEnd(timeWidth)}  ${marks[to] ?? '·'} ${to.replace('_', ' ').padEnd(longest)}  `
    if (why !== undefined) return wrap(why, width, head)
    return wrap(`${reasonText(reason) ?? reason.rule}, ${ago} ago by ${nameWho(reason.by, reason.who)}`, width, head)
  })
  return [changes.length > maxShown ? `The last ${maxShown} changes:` : 'Changes:', ...rows]
}

const maxShown = 10
const marks: Readonly<Record<string, string>> = {
  closed: '●',
  forced_closed: '●',
  half_open: '◐',
  open: '○',
  forced_open: '○',
}

/** The window as bars, a part of its time each: how many attempts failed. */
export const drawWindow = ({ window }: Breaker, now: number): readonly string[] => {
  const { width, buckets } = window.shape
  if (window.calls === 0) return []
  if (width === 0) {
    const codes = outcomesOf(window).slice(-60)
    return [`  ${codes.map(([, code]) => (code & 1 ? '✗' : code & 2 ? '~' : '·')).join('')}  · good  ✗ failed  ~ slow`]
  }
  const newest = Math.floor(now / width)
  const known = new Map(bucketsOf(window).map(bucket => [bucket.t, bucket]))
  const bars = Array.from({ length: buckets + 1 }, (_, index) => {
    const bucket = known.get(newest - buckets + index)
    if (bucket === undefined || bucket.ok + bucket.fail === 0) return ' '
    return levels[Math.ceil((bucket.fail / (bucket.ok + bucket.fail)) * (levels.length - 1))]
  })
  return [
    `  │${bars.join('')}│  share of failures in the last ${formatDuration(width * buckets)}, ${formatDuration(width)} a bar`,
  ]
}

const levels = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
