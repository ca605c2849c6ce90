import { type Clock, realClock } from '../../core/clock.js'
import { nobody } from '../../core/io/output.js'
import { describeSystemError } from '../../core/io/system-error.js'
import type { Ledger } from '../../core/ledger.js'
import { Lines } from '../../core/lines.js'
import type { Messages } from '../messages.js'
import { Histogram } from './histogram.js'
import { writeFile } from './write-file.js'

/** What the event stream of a run adds up to. */
export type Tally = {
  event(type: string, facts?: Readonly<Record<string, unknown>>): void
  readonly calls: Histogram
  readonly counts: ReadonlyMap<string, number>
  /** What the run waits for now, if it waits. */
  readonly waiting: Waiting | undefined
  /** Milliseconds it has waited for this so far. */
  waitedFor(what: string): number
  /** Called when a wait begins or ends. */
  onWait: () => void
  /** What a command wants to be known of its run, by the name in the summary. */
  readonly told: Readonly<Record<string, unknown>>
}

/** One wait: for what, and why or because of whom. */
export type Waiting = {
  readonly what: string
  /** What it is called in short. */
  readonly name?: string
  /** How what is waited for stands: `open`. */
  readonly state?: string
  /** Until when on the wall clock, as far as that is known, and what comes then: `probe`. */
  readonly until?: number
  readonly next?: string
  readonly why?: string
  /** It is for an answer that does not come, of this. */
  readonly isQuiet?: true
}

export const createTally = (clock: Pick<Clock, 'now'> = realClock): Tally => {
  const calls = new Histogram()
  const counts = new Map<string, number>()
  const told: Record<string, unknown> = {}
  // What keeps calls from being made is the better answer when calls are running for long as well.
  let held: Waiting | undefined
  let quiet: Waiting | undefined
  let since = 0
  const waited = new Map<string, number>()
  const change = (act: () => void, ms = 0) => {
    const { waiting } = tally
    if (waiting !== undefined) waited.set(waiting.what, tally.waitedFor(waiting.what))
    since = clock.now() - ms
    act()
    tally.onWait()
  }
  const tally: Tally = {
    told,
    get waiting() {
      return held ?? quiet
    },
    waitedFor: what => (waited.get(what) ?? 0) + (tally.waiting?.what === what ? clock.now() - since : 0),
    onWait() {},
    calls,
    counts,
    event(type, facts) {
      if (type === 'call') calls.add(Number(facts?.ms), Number(facts?.n ?? 1))
      else if (type === 'waiting')
        change(() => {
          held = { ...facts, what: String(facts?.what) }
        })
      else if (type === 'moving')
        change(() => {
          held = undefined
        })
      else if (type === 'quiet') {
        const { ms, ...rest } = facts ?? {}
        // The time before it was noticed counts too, unless it was spent on something else.
        change(
          () => {
            quiet = { ...rest, what: String(rest.what), isQuiet: true }
          },
          held === undefined ? Number(ms) : 0,
        )
      } else if (type === 'answered')
        change(() => {
          quiet = undefined
        })
      else if (type === 'told') Object.assign(told, facts)
      else counts.set(type, (counts.get(type) ?? 0) + Number(facts?.n ?? 1))
    },
  }
  return tally
}

export type SummaryFacts = {
  readonly command: string
  readonly stage: string | undefined
  readonly ledger: Ledger
  readonly tally: Tally
  readonly bytesIn: number
  readonly bytesOut: number
  readonly seconds: number
  readonly exitCode: number
}

/** One JSON object: what a run did. Durations of calls in milliseconds. */
export const createSummary = ({
  command,
  stage,
  ledger,
  tally,
  bytesIn,
  bytesOut,
  seconds,
  exitCode,
}: SummaryFacts) => {
  const round = (ms: number | undefined) => (ms === undefined ? null : Math.round(ms * 100) / 100)
  return {
    $streamz: 'summary/1',
    command,
    stage: stage ?? null,
    lines: ledger.lines,
    read: ledger.read,
    upstream_failures: ledger.upstream,
    blank: ledger.blank,
    delivered: ledger.delivered,
    filtered: ledger.filtered,
    failed: ledger.failed,
    undelivered: ledger.undelivered,
    unneeded: ledger.unneeded,
    out: ledger.out,
    failed_by_kind: Object.fromEntries(ledger.byKind),
    retried: tally.counts.get('retry') ?? 0,
    dropped: (tally.counts.get('throttle.drop') ?? 0) + (tally.counts.get('buffer.drop') ?? 0),
    breaker_transitions: tally.counts.get('breaker.transition') ?? 0,
    calls: {
      count: tally.calls.count,
      p50_ms: round(tally.calls.quantile(0.5)),
      p95_ms: round(tally.calls.quantile(0.95)),
      p99_ms: round(tally.calls.quantile(0.99)),
      max_ms: tally.calls.count === 0 ? null : round(tally.calls.max),
    },
    ...tally.told,
    bytes_in: bytesIn,
    bytes_out: bytesOut,
    seconds: Math.round(seconds * 1000) / 1000,
    exit_code: exitCode,
  }
}

/** Writes the summary to the file of `--summary` (`-`: stderr); false, with a message, if it cannot be written. */
export const tellSummary = (file: string, summary: object, messages: Messages): boolean => {
  if (file === '-') {
    messages.output.write(Lines.of(Buffer.from(`${JSON.stringify(summary)}\n`), 0), 0, nobody)
    return true
  }
  try {
    writeFile(file, Buffer.from(`${JSON.stringify(summary)}\n`))
    return true
  } catch (error) {
    messages.error(`Cannot write the summary to ${file}: ${describeSystemError(error, 'folder')}`)
    return false
  }
}
