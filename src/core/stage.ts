import type { Clock } from './clock.js'
import type { Rejected } from './envelope.js'
import { Failure } from './failure.js'
import type { Receipt } from './io/output.js'
import type { TooLongLine } from './io/split.js'
import { Ledger } from './ledger.js'
import { Lines } from './lines.js'
import type { Context, Emit, Processor, Stop } from './processor.js'

/** Where failed records go. */
export type FailureSink = {
  put(rejected: Rejected, receipt: Receipt): void | Promise<void>
  /** Resolves when everything is written, and synced where that applies. */
  flush(): void | Promise<void>
}

/** Converts lines up to the first one that cannot be converted: `ready` has the lines before it, `bad` is that line. */
export type Transform = (lines: Lines) => { readonly ready: Lines; readonly bad: Rejected | undefined }

/** A processor with its own settings. */
export type StageOptions = {
  readonly create: (context: Context, ledger: Ledger) => Processor
  readonly failures: FailureSink
  /** Events of this stage, see `Context.event`. */
  readonly event?: Context['event'] | undefined
  /** Called when records have failed or been read; true stops the run. */
  readonly tooManyFailures?: ((ledger: Ledger, isReadKnown: boolean) => boolean) | undefined
  /** Converts records before the processor gets them; for the first stage. */
  readonly before?: Transform | undefined
  /** Other ways for its records than the next stage, see `Context.branches`. */
  readonly branches?: readonly BranchOptions[] | undefined
  /** True: its branches take all records, and none goes to the next stage. */
  readonly passesNone?: boolean | undefined
}

/** The stages of a branch, in order, if it has any, and what the last one emits to. */
export type BranchOptions = { readonly stages: readonly StageOptions[]; readonly outlet: Outlet }

/** The target of a stage: the next stage, or the output. */
export type Outlet = {
  /** Takes lines that settle this many records of the giver; its ledger is notified once they are accepted. */
  accept(lines: Lines, records: number, from: Ledger): void | Promise<void>
  /** Takes failure records, which bypass the processors. */
  pass(lines: Lines, from: Ledger): void | Promise<void>
  /** True if it has enough: further lines are not needed. */
  readonly isFull: boolean
}

/** What the stages of a process share. */
export type StageFrame = {
  readonly clock: Clock
  /** True if the run was stopped for a reason: nothing new is started. */
  isOver(): boolean
  /** Called when a stage has enough input: all stages before it end. */
  enough(): void
  stop(stop: Stop): void
  tooManyFailures(): void
  /** Reading continues only when this has settled. */
  hold(promise: void | Promise<void>): void
  /** True if the output is closed: records cancelled now are not reported. */
  isAbandoned(): boolean
  /** True behind a stage with branches: later records than those of this stage may have been dealt with elsewhere. */
  readonly isBehindBranches?: boolean
}

/** A running processor with its own input queue, ledger and signals. */
export type DrivenStage = Outlet & {
  readonly ledger: Ledger
  readonly processor: Processor
  /** True if no lines wait for the processor. */
  readonly isIdle: boolean
  readonly waiting: readonly Item[]
  /** For the first stage: appends lines that were read to those that wait. */
  add(item: Item): void
  /** Pushes waiting lines, as fast as the processor takes them. */
  drain(): void | Promise<void>
  /** Settles waiting lines that will not be pushed any more. */
  discard(): void
  /** Resolves when everything that was pushed is settled. */
  finish(): Promise<void>
  /** A later stage has enough: waiting lines are not needed any more. */
  release(): void
  stopWaiting(reason: Failure): void
  kill(reason: Failure): void
}

/** Lines that wait for a processor. Lines from the input have no giver. */
export type Item =
  | { readonly kind: 'records'; readonly lines: Lines; readonly from?: Giver | undefined }
  | { readonly kind: 'failures'; readonly lines: Lines }
  | { readonly kind: 'long'; readonly line: TooLongLine; readonly max: number }
  | { readonly kind: 'bad'; readonly rejected: Rejected }

/** The stage that emitted lines, and how many of its records they settle. */
type Giver = { readonly ledger: Ledger; readonly records: number }

/** `branches` are where those of its options begin. */
export const createStage = (
  options: StageOptions,
  frame: StageFrame,
  next: Outlet,
  branches: readonly Outlet[] = [],
): DrivenStage => {
  const ledger = new Ledger()
  const stopping = new AbortController()
  const killing = new AbortController()
  let items: Item[] = []
  let givenBack = Lines.none
  let isFull = false
  let running: Promise<void> | undefined

  const reject: Context['reject'] = (line, failure, attempts, kept) => {
    if (failure.kind === 'cancelled') {
      // Lines that are cut off because a later stage has enough were never requested.
      if (next.isFull) return ledger.skip(1)
      // The rest is not needed: `| head` must stay quiet.
      if (frame.isAbandoned()) return ledger.lose(1, line.number, line.file)
    }
    ledger.rejected++
    const receipt = ledger.bad(failure.kind)
    if (kept === 'already') receipt.delivered(1)
    else
      frame.hold(options.failures.put({ line, failure, attempts }, kept === undefined ? receipt : tell(receipt, kept)))
    checkFailures()
  }

  // While lines are being pushed, it is not known yet how many of them count as read.
  let pushing = false
  const checkFailures = () => {
    if (options.tooManyFailures?.(ledger, !pushing)) frame.tooManyFailures()
  }

  const emitTo =
    (outlet: Outlet): Emit =>
    (lines, records = lines.length) => {
      if (!outlet.isFull) return outlet.accept(lines, records, ledger)
      ledger.skip(records)
    }

  const leave: Context['leave'] = (line, records) => {
    if (next.isFull) ledger.skip(records)
    else ledger.lose(records, line.number, line.file)
  }

  const processor = options.create(
    {
      emit: emitTo(next),
      branches: branches.map(emitTo),
      reject,
      holds(records) {
        ledger.read += records - 1
      },
      // The next run would begin with it, and do again what was done elsewhere for the records after it.
      leave: frame.isBehindBranches ? undefined : leave,
      filter(records) {
        ledger.filtered += records
      },
      giveBack(lines) {
        givenBack = lines
      },
      stop(asked) {
        if (asked !== undefined) return frame.stop(asked)
        isFull = true
        frame.enough()
      },
      event: options.event ?? (() => {}),
      clock: frame.clock,
      stopping: stopping.signal,
      killing: killing.signal,
    },
    ledger,
  )

  const drain = (): void | Promise<void> => {
    for (let item = items[0]; item !== undefined; item = items[0]) {
      if (isFull) return discard()
      // What was read and is not begun when the run is stopped is not begun any more. What an earlier stage still
      // gives is offered once: its work was done.
      if (frame.isOver() && !(item.kind === 'records' && item.from !== undefined)) return
      items.shift()
      const handed = handOver(item)
      if (handed !== undefined) return handed.then(drain)
    }
    // At once: lines that are accepted before the promise settles must not be forgotten.
    running = undefined
  }

  const handOver = (item: Item): void | Promise<void> => {
    if (item.kind === 'records') return push(item.lines, item.from)
    if (item.kind === 'failures') return pass(item.lines)
    const { line, failure } = item.kind === 'bad' ? item.rejected : refuseLong(item.line, item.max)
    ledger.lines++
    ledger.read++
    reject(line, failure)
  }

  const push = (lines: Lines, from: Giver | undefined): void | Promise<void> => {
    if (options.before === undefined) return pushReady(lines, lines, from)
    // Lines that are given back are converted again: a whole slab each time would take forever.
    const part = lines.slice(0, 1024)
    const { ready, bad } = options.before(part)
    if (ready.length === 0 && bad !== undefined) {
      comeAgain(lines.slice(1), from)
      ledger.lines++
      ledger.read++
      return reject(bad.line, bad.failure)
    }
    comeAgain(lines.slice(ready.length), from)
    return pushReady(part.slice(0, ready.length), ready, from)
  }

  const pushReady = (lines: Lines, ready: Lines, from: Giver | undefined): void | Promise<void> => {
    pushing = true
    givenBack = Lines.none
    const pushed = processor.push(ready)
    const taken = lines.length - givenBack.length
    ledger.lines += taken
    ledger.read += taken
    pushing = false
    const rest = from === undefined ? undefined : settle(lines, taken, from)
    if (taken < lines.length) {
      const back = lines.slice(taken)
      if (rest !== undefined && frame.isOver()) lose(back, rest)
      else comeAgain(back, rest)
    }
    if (ledger.rejected > 0) checkFailures()
    return pushed
  }

  const comeAgain = (lines: Lines, from: Giver | undefined): void => {
    if (lines.length > 0) items.unshift({ kind: 'records', lines, from })
  }

  const pass = (lines: Lines): void | Promise<void> => {
    ledger.lines += lines.length
    ledger.upstream += lines.length
    return processor.failures === undefined ? next.pass(lines, ledger) : processor.failures(lines)
  }

  const discard = (): void => {
    const left = items
    items = []
    for (const item of left) {
      if (item.kind === 'records' && item.from !== undefined) {
        if (isFull) item.from.ledger.skip(item.from.records)
        else lose(item.lines, item.from)
      } else if (!isFull) account(item)
    }
    running = undefined
  }

  /** Lines that were read but never started were taken from the input, so they must be reported. */
  const account = (item: Item): void => {
    if (item.kind === 'failures') return frame.hold(pass(item.lines))
    if (item.kind !== 'records') {
      const { number, file } = item.kind === 'bad' ? item.rejected.line : item.line
      ledger.lines++
      ledger.read++
      return ledger.lose(1, number, file)
    }
    ledger.lines += item.lines.length
    ledger.read += item.lines.length
    ledger.lose(item.lines.length, item.lines.number, item.lines.file)
  }

  return {
    ledger,
    processor,
    get isFull() {
      return isFull
    },
    get isIdle() {
      return items.length === 0 && running === undefined
    },
    get waiting() {
      return items
    },
    add: item => void items.push(item),
    drain,
    discard,
    pass,
    accept(lines, records, from) {
      items.push({ kind: 'records', lines, from: { ledger: from, records } })
      running ??= drain() ?? undefined
      return running
    },
    async finish() {
      while (running !== undefined) await running
      await processor.end?.()
    },
    release() {
      isFull = true
      const reason = new Failure('cancelled', 'transient', 'Cancelled: a later stage needs no more records')
      stopping.abort(reason)
      killing.abort(reason)
    },
    stopWaiting: reason => stopping.abort(reason),
    kill: reason => killing.abort(reason),
  }
}

const tell = (receipt: Receipt, kept: () => void): Receipt => ({
  delivered(records) {
    receipt.delivered(records)
    kept()
  },
  lost: receipt.lost,
})

const refuseLong = ({ number, file, length, sha256, head }: TooLongLine, max: number): Rejected => {
  const message = `Line is ${length} bytes long, more than --max-line ${max}`
  const line = { bytes: Buffer.concat([head, Buffer.from('\n')]), number, file }
  return { line, failure: new Failure('too_long', 'input', message, { length, sha256 }) }
}

/** Notifies the giver of the accepted lines; returns the receipt for the rest. */
const settle = (lines: Lines, taken: number, { ledger, records }: Giver): Giver => {
  const done = taken === lines.length ? records : records === lines.length ? taken : 0
  if (taken > 0 || done > 0) ledger.good.delivered(done, taken)
  return { ledger, records: records - done }
}

const lose = (lines: Lines, { ledger, records }: Giver): void => ledger.good.lost(records, lines.number, lines.file)
