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
  /** Until when all records are held up, on the wall clock: Infinity when nobody knows; undefined: they are not. */
  readonly heldUntil: number | undefined
  /** What the run waits for now, if it waits. */
  readonly waiting: Waiting | undefined
  /** Milliseconds it has waited for this so far. */
  waitedFor(what: string): number
  /** Called when a wait begins or ends. */
  onWait: () => void
  /** What a command wants to be known of its run, by the name in the summary. */
  readonly told: Readonly<Record<string, unknown>>
}

/** One wait: for what, until when on the wall clock as far as that is known, and why or because of whom. */
export type Waiting = { readonly what: string; readonly until: number | undefined; readonly why: string | undefined }

export const createTally = (clock: Pick<Clock, 'now'> = realClock): Tally => {
  const calls = new Histogram()
  const counts = new Map<string, number>()
  const told: Record<string, unknown> = {}
  let heldUntil: number | undefined
  let waiting: Waiting | undefined
  let since = 0
  const waited = new Map<string, number>()
  const settle = () => {
    if (waiting !== undefined) waited.set(waiting.what, tally.waitedFor(waiting.what))
    since = clock.now()
  }
  const wait = (next: Waiting | undefined) => {
    settle()
    waiting = next
    tally.onWait()
  }
  const tally: Tally = {
    told,
    get waiting() {
      return waiting
    },
    waitedFor: what => (waited.get(what) ?? 0) + (waiting?.what === what ? clock.now() - since : 0),
    onWait() {},
    calls,
    counts,
    get heldUntil() {
      return heldUntil
    },
    event(type, facts) {
      if (type === 'call') calls.add(Number(facts?.ms), Number(facts?.n ?? 1))
      else if (type === 'held') {
        heldUntil = Number(facts?.until)
        const isCircuit = heldUntil === Number.POSITIVE_INFINITY
        const what = isCircuit ? 'the circuit breaker' : 'the service'
        wait({ what, until: isCircuit ? undefined : heldUntil, why: isCircuit ? undefined : 'it asked for that' })
      } else if (type === 'free') {
        heldUntil = undefined
        wait(undefined)
      } else if (type === 'waiting') {
        const { what, until, why } = (facts ?? {}) as Partial<Waiting>
        wait({ what: String(what), until, why })
      } else if (type === 'moving') wait(undefined)
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
