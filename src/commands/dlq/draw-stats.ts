import type { ChalkInstance } from 'chalk'
import { formatCount } from '../../cli/format.js'
import { quoteForShell } from '../../cli/stream/end-report.js'
import { nameStage } from '../../core/dead-letters/stage.js'
import { formatLocal } from '../../core/format-moment.js'
import { formatSize } from '../../core/io/format-size.js'
import type { Stats } from '../../stores/dead-letters/stats.js'
import { count } from './entries.js'
import { clip, oneLine } from './row.js'

/** `now`: milliseconds of the wall clock, to leave out the day of what was seen today. */
export type Canvas = {
  readonly path: string
  readonly width: number
  readonly chalk: ChalkInstance
  readonly now: number
}

const maxBars = 20

export type RankedCause = Stats['causes'][number] & { readonly count: number }

/** A bar for each cause, what it is, when it was seen and a sample of it; what to do next. */
export const drawStats = (
  stats: Stats,
  causes: readonly RankedCause[],
  { path, width, chalk, now }: Canvas,
): string => {
  const { waiting, parked, done } = stats.counts
  const total = causes.reduce((sum, cause) => sum + cause.count, 0)
  const most = causes[0]?.count ?? 1
  const digits = formatCount(most).length
  const kindWidth = Math.max(...causes.slice(0, maxBars).map(({ kind, status }) => label(kind, status).length), 0)
  const barWidth = 24
  const lines = [
    `${chalk.bold(oneLine(path))}: ${count(total, 'entry')}, ${formatSize(stats.bytes)}` +
      ` (${formatCount(waiting)} waiting, ${formatCount(parked)} parked, ${formatCount(done)} done)`,
    ...(causes.length === 0 ? [] : ['']),
  ]
  for (const cause of causes.slice(0, maxBars)) {
    const bar = drawBar(cause.count / most, barWidth)
    const name = label(cause.kind, cause.status)
    const words = cause.words === undefined ? '' : `: ${cause.words}`
    const message = cause.message === undefined ? 'other messages' : `${cause.message}${words}`
    const stage = cause.stage === undefined ? '' : `${cause.stage}: `
    const room = width - barWidth - digits - kindWidth - 6
    lines.push(
      `${formatCount(cause.count).padStart(digits)} ${chalk.red(bar)} ${chalk.yellow(name.padEnd(kindWidth))}  ${clip(oneLine(stage + message), room)}`,
    )
    const sample = `${describeTimes(cause, now)}  e.g. ${cause.sample}: ${cause.record}`
    lines.push(chalk.dim(`${' '.repeat(digits + 1)}${clip(oneLine(sample), Math.min(width, 120) - digits - 1)}`))
  }
  if (causes.length > maxBars)
    lines.push(`… and ${formatCount(causes.length - maxBars)} further causes (--json shows all)`)
  if (waiting > 0) lines.push('', ...describeReplays(causes, path))
  if (parked > 0) lines.push(`Parked: streamz dlq ls --state parked ${quoteForShell(path)}`)
  return lines.map(line => `${line}\n`).join('')
}

/** A command is meant for one stage. */
const describeReplays = (causes: readonly RankedCause[], path: string): readonly string[] => {
  const stages = new Set(causes.flatMap(({ stage, counts }) => (counts.waiting > 0 ? [nameStage(stage ?? '')] : [])))
  const file = quoteForShell(path)
  if (stages.size < 2) return [`Try again: streamz dlq replay ${file} -- COMMAND`]
  return [...stages].map(stage => `Try again: streamz dlq replay --stage ${quoteForShell(stage)} ${file} -- COMMAND`)
}

const label = (kind: string, status: number | undefined) => oneLine(status === undefined ? kind : `${kind} ${status}`)

const eighths = ' ▏▎▍▌▋▊▉'

const drawBar = (share: number, width: number): string => {
  const parts = Math.max(1, Math.round(share * width * 8))
  return `${'█'.repeat(Math.floor(parts / 8))}${parts % 8 === 0 ? '' : eighths[parts % 8]}`.padEnd(width)
}

const describeTimes = ({ firstSeen, lastSeen }: RankedCause, now: number): string => {
  const show = (wall: number) => (Number.isFinite(wall) ? formatLocal(wall, now) : '?')
  const [first, last] = [show(firstSeen), show(lastSeen)]
  return first === last ? `at ${first}` : `${first} to ${last}`
}
