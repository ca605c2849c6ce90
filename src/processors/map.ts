import type { RecordContext } from '../calls/attempts/attempt.js'
import type { RecordCall } from '../calls/attempts/create-attempts.js'
import { GaveUp } from '../calls/attempts/gave-up.js'
import { dropped, type Result } from '../calls/call.js'
import { createCondition } from '../core/condition.js'
import { hashIds } from '../core/envelope.js'
import { type Attempts, Failure } from '../core/failure.js'
import { copyLine, type Line, Lines } from '../core/lines.js'
import type { Context, CreateProcessor, Kept } from '../core/processor.js'
import { Queue, type QueueEntry } from '../core/queue.js'
import type { RetryBudget } from '../core/rules/retry-budget.js'
import { readItems, splitItems } from './map/batch-items.js'
import type { Book, FailedOutcome, KnownOutcome } from './map/book.js'
import { createKeyQueues } from './map/key-queues.js'
import { refuseLongLines } from './map/long-lines.js'
import { createSlots, type Slots } from './map/slots.js'
import { stopIfFatal } from './map/stop-if-fatal.js'

export type MapOptions = {
  /** All attempts for one record. */
  readonly call: RecordCall
  readonly id: (line: Line) => string
  /** Maximum number of calls at the same time. */
  readonly concurrency: number
  /** Limits how many of the calls may be retries; by default all of them. */
  readonly retryBudget?: RetryBudget
  readonly order: 'input' | 'completion'
  /** Maximum number of records that are read but not settled. */
  readonly window: number
  /** Checks a record before its call: throws a `Failure` if it cannot be used, and returns its key for `orderBy`. */
  readonly prepare: (line: Line) => string | undefined
  /** Combines a record and the result of its call into the output. */
  readonly shape: (line: Line, result: readonly Buffer[]) => Lines
  /** Maximum length of an output line in bytes, which is what the next stage can read; by default unlimited. */
  readonly maxLine?: number
  /** Records are arrays, and their items are counted: each is delivered or fails separately. */
  readonly batch?: boolean
  /** Remembers outcomes across runs. */
  readonly book?: Book | undefined
}

type Entry = {
  readonly line: Line
  /** Its place in the input. */
  readonly order: number
  /** The records that it holds. */
  items: readonly Line[]
  key: string | undefined
  /** Stops waiting for a slot; undefined if it is not waiting. */
  leave: (() => void) | undefined
  begun: boolean
  outcome: Outcome | undefined
  /** Why it was cut off; its outcome is decided when all running calls have ended. */
  cut: FailedOutcome | undefined
  place: QueueEntry<Entry> | undefined
}

type Outcome = KnownOutcome | { readonly left: true }

/** The result of a call that is not yet known to count. */
type Held = {
  readonly entry: Entry
  readonly outcome: KnownOutcome
  readonly attempts: Attempts | undefined
  /** Keeps its slot until then. */
  readonly record: Begun | undefined
}

/**
 * Makes a call for each record, `concurrency` at the same time, and emits the results in the chosen order. Rejects a record with
 * the `Failure` that `prepare`, the call or `shape` throws, as `output_too_large` if its result is longer than `maxLine`, and
 * as `cancelled` if the run was cut short while later records were already processed.
 */
export const createMap: CreateProcessor<MapOptions> = (options, context) => {
  const { call, concurrency, window, order, maxLine = Number.POSITIVE_INFINITY } = options
  // Records that were read and are not settled, in input order.
  const unsettled = new Queue<Entry>()
  const ready = new Queue<Entry>()
  const slots = createSlots(concurrency, options.retryBudget)
  const keys = createKeyQueues<Entry>()
  let publishing = false
  let count = 0
  // Their calls are done and may turn out to be worth nothing: they take no place from others.
  let doubtful = 0
  const doubts = new Map<Promise<Failure | undefined>, Held[]>()
  const { until, wake } = createCondition()
  // Calls that have not ended, and the last record that was settled or called: a cut run goes on behind it.
  let running = 0
  let last = -1

  const add = (line: Line): void => {
    const entry: Entry = {
      line,
      order: count++,
      cut: undefined,
      items: [line],
      key: undefined,
      leave: undefined,
      begun: false,
      outcome: undefined,
      place: undefined,
    }
    entry.place = unsettled.add(entry)
    const known = options.book?.recall(line)
    if (known !== undefined) return settleKnown(entry, known)
    try {
      if (options.batch) {
        entry.items = readItems(line)
        context.holds?.(entry.items.length)
      }
      const key = options.prepare(line)
      // The record needs no call.
      if (entry.items.length === 0) return settleUncalled(entry, { lines: Lines.fromLine(line) })
      entry.key = key
    } catch (error) {
      return settleUncalled(entry, failed(error))
    }
    if (entry.key === undefined || keys.enter(entry.key, entry)) queue(entry)
  }

  /** An earlier run has called it. */
  const settleKnown = (entry: Entry, known: KnownOutcome): void => {
    if (options.batch) {
      try {
        entry.items = readItems(entry.line)
        context.holds?.(entry.items.length)
      } catch {
        // It failed for that.
      }
    }
    settle(entry, known)
  }

  const settleUncalled = (entry: Entry, outcome: KnownOutcome): void => {
    if (options.book === undefined) return settle(entry, outcome)
    entry.begun = true
    running++
    options.book.note(entry.line, outcome, undefined, () => finish(entry, outcome))
  }

  const queue = (entry: Entry): void => {
    const leave = slots.take('call', () => void run(entry))
    if (!entry.begun) entry.leave = leave
  }

  const run = async (entry: Entry): Promise<void> => {
    entry.begun = true
    entry.leave = undefined
    running++
    let outcome: KnownOutcome
    let verdict: Result['verdict']
    let keepsPlace: Result['keepsPlace']
    const record = new Begun(entry, options, context, slots)
    try {
      const result = await call(entry.line, record)
      verdict = result.verdict
      keepsPlace = result.keepsPlace
      if (result === dropped) outcome = { filtered: true }
      else if (options.batch) {
        const split = splitItems(entry.items, result, options.shape)
        refuseLongLines(split.lines, maxLine)
        outcome = { items: split, attempts: split.rejected.length === 0 ? undefined : record.tried?.() }
      } else {
        const lines = options.shape(entry.line, result)
        refuseLongLines(lines, maxLine)
        outcome = { lines }
      }
    } catch (error) {
      outcome = failed(error, record.tried)
    }
    if (verdict === undefined) return end(entry, outcome, record.tried?.(), record)
    if (!keepsPlace) record.leave()
    hold({ entry, outcome, attempts: record.tried?.(), record: keepsPlace ? record : undefined }, verdict)
  }

  /** A call has ended for good. With a book its place is free only when that is written: else more calls than places could be repeated. */
  const end = (
    entry: Entry,
    outcome: KnownOutcome,
    attempts: Attempts | undefined,
    record: Begun | undefined,
  ): void => {
    if (options.book === undefined || isCut(outcome)) {
      record?.leave()
      return finish(entry, outcome)
    }
    options.book.note(entry.line, outcome, attempts, () => {
      record?.leave()
      finish(entry, outcome)
    })
  }

  const isCut = (outcome: KnownOutcome): outcome is FailedOutcome =>
    'failure' in outcome && outcome.failure.kind === 'cancelled' && context.stopping.aborted

  /** One promise is for many records, and nothing but what they need waits with them. */
  const hold = (held: Held, verdict: Promise<Failure | undefined>): void => {
    doubtful++
    wake()
    const others = doubts.get(verdict)
    if (others !== undefined) {
      others.push(held)
      return
    }
    const all = [held]
    doubts.set(verdict, all)
    void verdict.then(failure => {
      doubts.delete(verdict)
      doubtful -= all.length
      for (const { entry, outcome, attempts, record } of all) {
        end(entry, failure === undefined ? outcome : { failure, attempts }, attempts, record)
      }
    })
  }

  /** A call has ended. */
  const finish = (entry: Entry, outcome: KnownOutcome): void => {
    running--
    if (isCut(outcome)) cutOff(entry, outcome)
    else settle(entry, outcome)
    conclude()
  }

  const cutOff = (entry: Entry, outcome: FailedOutcome): void => {
    entry.cut = outcome
    // A refused call is not an attempt.
    if ((outcome.attempts?.attempts ?? 0) > 0) last = Math.max(last, entry.order)
    letNext(entry)
  }

  /**
   * The run was cut and nothing runs any more. Behind the last record that was settled or called the next run goes on, and
   * finds the others as they were; what stands before it would be passed over, so it fails.
   */
  const conclude = (): void => {
    if (running > 0 || !context.stopping.aborted) return
    for (const entry of [...unsettled.values()]) {
      const { cut } = entry
      if (cut === undefined || entry.outcome !== undefined) continue
      // A run that goes on by a book finds them, wherever they stand.
      const isPassedOver = entry.order <= last && options.book === undefined
      conclusion(entry, isPassedOver || context.leave === undefined ? cut : { left: true })
    }
  }

  const settle = (entry: Entry, outcome: Outcome): void => {
    last = Math.max(last, entry.order)
    letNext(entry)
    conclusion(entry, outcome)
  }

  const letNext = ({ key }: Entry): void => {
    const next = key === undefined ? undefined : keys.leave(key)
    if (next !== undefined) queue(next)
  }

  const conclusion = (entry: Entry, outcome: Outcome): void => {
    entry.outcome = outcome
    if (order === 'completion') {
      ready.add(entry)
      if (entry.place !== undefined) unsettled.delete(entry.place)
    } else {
      while (unsettled.first?.outcome !== undefined) ready.add(unsettled.shift() as Entry)
    }
    if (!publishing) void publish()
  }

  /** What is done leaves in turn; while the output is full, it waits here and counts as unsettled. */
  const publish = (): void | Promise<void> => {
    publishing = true
    for (let entry = ready.first; entry !== undefined; entry = ready.first) {
      const held = hand(entry)
      if (held !== undefined) {
        return held.then(() => {
          ready.shift()
          return publish()
        })
      }
      ready.shift()
    }
    publishing = false
    wake()
  }

  const hand = ({ line, items, outcome }: Entry): void | Promise<void> => {
    if (outcome === undefined) return
    if ('lines' in outcome) {
      return context.emit(outcome.lines.length > 0 ? outcome.lines : noneOf(items[0] as Line), items.length)
    }
    if ('filtered' in outcome) return context.filter(items.length, items[0]?.number)
    if ('left' in outcome) return context.leave?.(items[0] as Line, items.length)
    if ('items' in outcome) {
      const { lines, delivered, rejected } = outcome.items
      const kept = keptOf(outcome, line, rejected.length)
      for (const one of rejected) context.reject(one.line, one.failure, outcome.attempts, kept)
      return delivered === 0 ? undefined : context.emit(lines, delivered)
    }
    const { failure, attempts } = outcome
    const kept = keptOf(outcome, line, items.length)
    for (const item of items) context.reject(item, failure, attempts, kept)
    if (kept !== 'already') stopIfFatal(failure, context)
  }

  const keptOf = ({ kept }: Pick<FailedOutcome, 'kept'>, line: Line, count: number): Kept | undefined =>
    kept ?? options.book?.awaitKept(line, count)

  const room = () => Math.max(0, window + doubtful - unsettled.size - ready.size)

  // What only waits when the run is cut short settles at once.
  context.stopping.addEventListener('abort', () => {
    for (const entry of unsettled.values()) {
      if (entry.begun || entry.outcome !== undefined) continue
      entry.leave?.()
      if (entry.key !== undefined) keys.forget(entry.key, entry)
      const failure = new Failure('cancelled', 'transient', 'Cancelled before it was started')
      entry.cut = { failure, attempts: undefined }
    }
    conclude()
    wake()
  })

  /** While nothing is on its way, what earlier runs have for the next lines leaves as it is. */
  const pass = (lines: Lines): Lines => {
    if (options.book === undefined || options.batch || unsettled.size + ready.size > 0) return Lines.none
    return context.stopping.aborted ? Lines.none : options.book.recallRun(lines)
  }

  return {
    push(lines) {
      const known = pass(lines)
      if (known.length > 0) {
        count += known.length
        context.giveBack(lines.slice(known.length))
        return context.emit(known)
      }
      let taken = 0
      // What comes after the run was cut is not begun any more.
      while (taken < lines.length && room() > 0 && !context.stopping.aborted) add(copyLine(lines.at(taken++)))
      context.giveBack(lines.slice(taken))
      return until(() => room() > 0 || context.stopping.aborted)
    },
    async end() {
      await until(() => unsettled.size + ready.size === 0)
      options.book?.end()
    },
  }
}

// An empty list of results is still the result of this record.
const noneOf = ({ number, file }: Line) => new Lines(Lines.none.bytes, 0, new Int32Array(0), 0, 0, number, file)

/** A record whose call is in progress. A class, because an object literal with a getter costs ten times as much. */
class Begun implements RecordContext {
  readonly killing: AbortSignal
  readonly stopping: AbortSignal
  readonly slot: this
  /** With one call at a time the next does not begin while this one waits for its next try. */
  readonly keepsSlot: boolean
  readonly order: number
  /** What was tried for an answer. */
  tried: (() => Attempts) | undefined
  private holds = true
  private isRetry = false

  constructor(
    private readonly entry: Entry,
    private readonly options: MapOptions,
    { killing, stopping }: Context,
    private readonly slots: Slots,
  ) {
    this.killing = killing
    this.stopping = stopping
    this.order = entry.order
    this.slot = this
    this.keepsSlot = options.concurrency === 1
  }

  /** Computed only when needed: a hash costs more than a fast call. */
  get id(): string {
    const { id, batch } = this.options
    return batch ? hashIds(this.entry.items.map(id)) : id(this.entry.line)
  }

  onAnswer(tried: () => Attempts): void {
    this.tried = tried
  }

  release(): void {
    this.holds = false
    this.slots.release(this.isRetry)
  }

  acquire(signal: AbortSignal, asRetry = false): Promise<void> {
    this.isRetry ||= asRetry
    return new Promise<void>((resolve, reject) => {
      // A free place calls back before there is anything to leave.
      let leave = () => {}
      const giveUp = () => {
        leave()
        reject(signal.reason)
      }
      leave = this.slots.take(this.isRetry ? 'retry' : 'return', () => {
        this.holds = true
        signal.removeEventListener('abort', giveUp)
        resolve()
      })
      if (!this.holds) signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** Releases its slot, if it has one. */
  leave(): void {
    if (this.holds) this.slots.release(this.isRetry)
  }
}

const failed = (error: unknown, tried?: () => Attempts): FailedOutcome => {
  if (error instanceof GaveUp) return { failure: error.failure, attempts: error.attempts }
  if (error instanceof Failure) return { failure: error, attempts: tried?.() }
  throw error
}
