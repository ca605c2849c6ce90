import { realClock } from '../../core/clock.js'
import { formatDuration } from '../../core/format-duration.js'
import { formatMoment } from '../../core/format-moment.js'
import { formatSize } from '../../core/io/format-size.js'
import { Lines } from '../../core/lines.js'
import type { Run } from '../../core/run.js'
import { formatBriefCount } from '../format.js'
import { escapeControls, type Messages } from '../messages.js'
import { describeWaiting } from './notices.js'
import type { Tally } from './summary.js'

/** A dumb terminal can wipe no line, so nothing is drawn there unless it is asked for. */
export const canDraw = ({ isTerminal }: Pick<Messages, 'isTerminal'>, kind = process.env.TERM): boolean =>
  isTerminal && kind !== 'dumb'

export type Progress = {
  readonly run: Pick<Run, 'ledger' | 'ledgers' | 'position'>
  /** Of each stage of the run. */
  readonly tallies: readonly Pick<Tally, 'waiting' | 'calls'>[]
}

/** Draws one line on stderr, at most 10 times a second, until the returned function wipes it away. */
export const drawProgress = (
  progress: Progress,
  { output, isTerminal, alarm }: Pick<Messages, 'output' | 'isTerminal' | 'alarm'>,
  intervalMs = 100,
): (() => void) => {
  const started = realClock.now()
  const rates: number[] = []
  let before = { read: 0, at: started }
  const wipe = Lines.of(Buffer.from('\r\u001b[K'), 0)
  const draw = () => {
    // A reader of stderr that sleeps must not make a queue of old pictures.
    if (!output.empty) return
    const now = realClock.now()
    const { read } = progress.run.ledger
    if (now - before.at >= 1000) {
      rates.push(((read - before.read) * 1000) / (now - before.at))
      if (rates.length > 8) rates.shift()
      before = { read, at: now }
    }
    const parts = measureProgress(progress, rates, now - started, realClock.wall())
    // A line that is broken by the terminal cannot be wiped. A terminal that does not know its width says 0.
    const width = isTerminal ? (process.stderr.columns || 80) - 1 : Number.POSITIVE_INFINITY
    output.draw(Lines.of(Buffer.from(`\r\u001b[K${fitProgress(parts, width, alarm)}`), 0), wipe)
  }
  const timer = setInterval(draw, intervalMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    output.draw(wipe, Lines.none)
  }
}

/** The line when it is asked for once: all of it, plain, and why it waits. */
export const describeProgress = (progress: Progress, elapsed: number, wall: number): string => {
  const parts = measureProgress(progress, [], elapsed, wall)
  const why = findWait(progress)?.why
  return `${fitProgress(parts, Number.POSITIVE_INFINITY, text => text)}${why === undefined ? '' : ` (${why})`}`
}

const findWait = ({ tallies }: Progress) => tallies.find(tally => tally.waiting !== undefined)?.waiting

/** A part of the line: of those that do not fit, the one with the lowest worth leaves first. */
export type ProgressPart = { readonly text: string; readonly worth: number; readonly isAlarm?: true }

/** The parts of the line: `rates` in records per second, oldest first; `elapsed` and `wall` in milliseconds. */
export const measureProgress = (
  progress: Progress,
  rates: readonly number[],
  elapsed: number,
  wall: number,
): readonly ProgressPart[] => {
  const { run, tallies } = progress
  const { ledger } = run
  const { bytesBegun, size } = run.position()
  const parts: ProgressPart[] = [{ text: `${formatBriefCount(ledger.read)} rec`, worth: 5 }]
  const share = size === undefined || size === 0 ? undefined : Math.min(1, settledBytes(run) / size)
  if (share !== undefined) parts.push({ text: `${Math.floor(share * 100)}%`, worth: 4 })
  else parts.push({ text: formatSize(Math.round(ledger.read === 0 ? bytesBegun : settledBytes(run))), worth: 1 })
  const rate = rates.at(-1)
  const waiting = findWait(progress)
  // Nothing moves, and this is why: first, and in the place of a rate of 0.
  const isStill = waiting !== undefined && (rate === undefined || rate === 0)
  if (rate !== undefined && !isStill)
    parts.push({ text: `${formatRate(rate)}/s`, worth: 4 }, { text: sparkline(rates), worth: 0 })
  const [calling, ...others] = tallies.filter(({ calls }) => calls.count > 0)
  const p95 = calling?.calls.quantile(0.95)
  // Whose it is could not be told from the figure.
  if (p95 !== undefined && others.length === 0) parts.push({ text: `p95 ${formatTime(p95)}`, worth: 1 })
  const failed = run.ledgers.reduce((sum, { rejected }) => sum + rejected, 0)
  if (failed > 0) parts.push({ text: `${formatBriefCount(failed)} failed`, worth: 6, isAlarm: true })
  if (waiting !== undefined) {
    const part = { text: escapeControls(describeWaiting(waiting, wall)), worth: 7 }
    if (isStill) parts.unshift(part)
    else parts.push(part)
  }
  if (share !== undefined && share > 0 && elapsed > 2000)
    parts.push({ text: `done about ${formatMoment(wall + elapsed / share - elapsed, wall)}`, worth: 3 })
  return parts
}

/** Of a file that is read in large parts at once, what counts is the outcome of its records. */
const settledBytes = (run: Progress['run']): number => {
  const { delivered, filtered, failed, undelivered, read } = run.ledger
  const { bytesBegun } = run.position()
  return read === 0 ? bytesBegun : (bytesBegun * (delivered + filtered + failed + undelivered)) / read
}

/** The parts in one line of at most so many columns. */
export const fitProgress = (all: readonly ProgressPart[], width: number, alarm: (text: string) => string): string => {
  const parts = [...all]
  while (parts.length > 1 && lengthOf(parts) > width) {
    const least = Math.min(...parts.map(({ worth }) => worth))
    parts.splice(
      parts.findIndex(({ worth }) => worth === least),
      1,
    )
  }
  const cut = (text: string) => (text.length > width ? `${text.slice(0, width - 1)}…` : text)
  return parts
    .map((part, at) => `${linkBefore(parts, at)}${part.isAlarm ? alarm(cut(part.text)) : cut(part.text)}`)
    .join('')
}

const lengthOf = (parts: readonly ProgressPart[]): number =>
  parts.reduce((sum, { text }, at) => sum + text.length + linkBefore(parts, at).length, 0)

// The picture of the rate belongs to its figure.
const linkBefore = (parts: readonly ProgressPart[], at: number): string =>
  at === 0 ? '' : parts[at]?.worth === 0 ? ' ' : ' · '

const formatRate = (rate: number): string =>
  rate > 0 && rate < 10 ? String(Math.round(rate * 10) / 10) : formatBriefCount(Math.round(rate))

const formatTime = (ms: number): string =>
  formatDuration(ms < 10 ? Math.round(ms * 10) / 10 : ms < 10_000 ? Math.round(ms) : Math.round(ms / 1000) * 1000)

const sparkline = (values: readonly number[]): string => {
  const top = Math.max(...values, 1)
  return values.map(value => '▁▂▃▄▅▆▇█'[Math.min(7, Math.floor((value / top) * 8))]).join('')
}
