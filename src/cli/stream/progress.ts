import { realClock } from '../../core/clock.js'
import { formatMoment } from '../../core/format-moment.js'
import type { Output } from '../../core/io/output.js'
import { Lines } from '../../core/lines.js'
import type { Run } from '../../core/run.js'
import { formatCount, formatSize } from '../format.js'
import type { Messages } from '../messages.js'
import type { Tally } from './summary.js'

/** A dumb terminal can wipe no line, so nothing is drawn there unless it is asked for. */
export const canDraw = ({ isTerminal }: Pick<Messages, 'isTerminal'>, kind = process.env.TERM): boolean =>
  isTerminal && kind !== 'dumb'

/** Draws one line on stderr, at most 10 times a second, until the returned function wipes it away. */
export const drawProgress = (
  run: Run,
  tally: Pick<Tally, 'heldUntil'>,
  output: Output,
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
    const { ledger } = run
    if (now - before.at >= 1000) {
      rates.push(((ledger.read - before.read) * 1000) / (now - before.at))
      if (rates.length > 8) rates.shift()
      before = { read: ledger.read, at: now }
    }
    const text = describeProgress(run, rates, now - started, realClock.wall(), tally.heldUntil)
    output.draw(Lines.of(Buffer.from(`\r\u001b[K${text}`), 0), wipe)
  }
  const timer = setInterval(draw, intervalMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    output.draw(wipe, Lines.none)
  }
}

/** The line: `rates` in records per second, oldest first; `elapsed` and `wall` in milliseconds; `heldUntil` as in `Tally`. */
export const describeProgress = (
  run: Pick<Run, 'ledger' | 'position'>,
  rates: readonly number[],
  elapsed: number,
  wall: number,
  heldUntil?: number,
): string => {
  const { ledger } = run
  const { bytesBegun, size } = run.position()
  // A file is read in large parts at once: what counts is the outcome of its records.
  const settled = ledger.delivered + ledger.filtered + ledger.failed + ledger.undelivered
  const bytes = ledger.read === 0 ? bytesBegun : (bytesBegun * settled) / ledger.read
  const parts = [`${formatCount(ledger.read)} rec`]
  const rate = rates.at(-1)
  // Nothing moves, and this is why.
  if (heldUntil !== undefined && heldUntil > wall) parts.push(describeWait(heldUntil, wall))
  else if (rate !== undefined) parts.push(`${formatCount(Math.round(rate))}/s`, sparkline(rates))
  if (ledger.rejected > 0) parts.push(`${formatCount(ledger.rejected)} failed`)
  if (size === undefined || size === 0) parts.push(formatSize(Math.round(bytes)))
  else {
    const share = Math.min(1, bytes / size)
    parts.push(`${Math.floor(share * 100)}%`)
    if (share > 0 && elapsed > 2000) {
      const left = elapsed / share - elapsed
      parts.push(`eta ${new Date(wall + left).toTimeString().slice(0, 5)}`)
    }
  }
  return parts.join('  ')
}

const describeWait = (until: number, wall: number): string => {
  if (until === Number.POSITIVE_INFINITY) return 'waits for the circuit breaker'
  const seconds = Math.ceil((until - wall) / 1000)
  return seconds < 60 ? `waits ${seconds}s for the service` : `waits for the service until ${formatMoment(until, wall)}`
}

const sparkline = (values: readonly number[]): string => {
  const top = Math.max(...values, 1)
  return values.map(value => '▁▂▃▄▅▆▇█'[Math.min(7, Math.floor((value / top) * 8))]).join('')
}
