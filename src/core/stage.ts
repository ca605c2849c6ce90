import type { Clock } from './clock.js'
import type { Rejected } from './envelope.js'
import { Failure } from './failure.js'
import type { Receipt } from './io/output.js'
import type { TooLongLine } from './io/split.js'
import { Ledger } from './ledger.js'
import { Lines } from './lines.js'
import type { Context, Processor, Stop } from './processor.js'

/** Where failed records go. */
export type FailureSink = {
  put(rejected: Rejected, receipt: Receipt): void | Promise<void>
  /** Settles when everything is kept: written, and synced where that means something. */
  flush(): void | Promise<void>
}

/** Changes lines up to the first one that cannot be: what is `ready` is as many lines, and `bad` is the next one. */
export type Transform = (lines: Lines) => { readonly ready: Lines; readonly bad: Rejected | undefined }

/** A processor and what belongs to it alone. */
export type StageOptions = {
  readonly create: (context: Context, ledger: Ledger) => Processor
  readonly failures: FailureSink
  /** Observations of this stage, see `Context.event`. */
  readonly event?: Context['event'] | undefined
  /** Asked when records have failed or been read: true stops the run. */
  readonly tooManyFailures?: ((ledger: Ledger, isReadKnown: boolean) => boolean) | undefined
  /** Changes records before the processor sees them; for the first stage. */
  readonly before?: Transform | undefined
}

/** Who takes what a stage emits: the next stage, or the output. */
export type Outlet = {
  /** Lines that settle so many records of the giver, which is told in its ledger once they are taken. */
  accept(lines: Lines, records: number, from: Ledger): void | Promise<void>
  /** Failure records on their way past the processors. */
  pass(lines: Lines, from: Ledger): void | Promise<void>
  /** It has enough: what still comes is not needed. */
  readonly isFull: boolean
}

/** What the stages of a process have in common. */
export type StageFrame = {
  readonly clock: Clock
  /** The run was stopped for a reason: nothing new is begun. */
  isOver(): boolean
  /** A stage has enough of its input: everything before it ends. */
  enough(): void
  stop(stop: Stop): void
  tooManyFailures(): void
  /** Reading goes on only when this has settled. */
  hold(promise: void | Promise<void>): void
  /** Nobody takes the output any more: what is cancelled now is not worth a word. */
  isAbandoned(): boolean
}

/** A processor that is driven: it has its own input queue, ledger and signals, and hands on what it emits. */
export type DrivenStage = Outlet & {
  readonly ledger: Ledger
  readonly processor: Processor
  /** Nothing waits in front of the processor. */
  readonly isIdle: boolean
  readonly waiting: readonly Item[]
  /** For the first stage: puts what was read behind what waits. */
  add(item: Item): void
  /** Hands over what waits, as fast as the processor takes it. */
  drain(): void | Promise<void>
  /** What waits and will not be taken any more is accounted for. */
  discard(): void
  /** Ends when everything that was handed over is settled. */
  finish(): Promise<void>
  /** A later stage has enough: what is here is not needed any more. */
  release(): void
  stopWaiting(reason: Failure): void
  kill(reason: Failure): void
}

/** Something that waits in front of a processor. What was read from the input has no giver. */
export type Item =
  | { readonly kind: 'records'; readonly lines: Lines; readonly from?: Giver | undefined }
  | { readonly kind: 'failures'; readonly lines: Lines }
  | { readonly kind: 'long'; readonly line: TooLongLine; readonly max: number }
  | { readonly kind: 'bad'; readonly rejected: Rejected }

/** The stage that emitted lines, and how many of its records they settle. */
type Giver = { readonly ledger: Ledger; readonly records: number }

export const createStage = (options: StageOptions, frame: StageFrame, next: Outlet): DrivenStage => {
  const ledger = new Ledger()
  const stopping = new AbortController()
  const killing = new AbortController()
  let items: Item[] = []
  let givenBack = Lines.none
  let isFull = false
  let running: Promise<void> | undefined

  const reject: Context['reject'] = (line, failure, attempts) => {
    if (failure.kind === 'cancelled') {
      // What is cut off because a later stage has enough was never asked for.
      if (next.isFull) return ledger.skip(1)
      // Nobody wants the rest any more: `| head` must stay quiet.
      if (frame.isAbandoned()) return ledger.lose(1, line.number, line.file)
    }
    ledger.rejected++
    frame.hold(options.failures.put({ line, failure, attempts }, ledger.bad(failure.kind)))
    checkFailures()
  }

  // While lines are being pushed nobody knows yet how many of them count as read.
  let pushing = false
  const checkFailures = () => {
    if (options.tooManyFailures?.(ledger, !pushing)) frame.tooManyFailures()
  }

  const processor = options.create(
    {
      emit(lines, records = lines.length) {
        if (!next.isFull) return next.accept(lines, records, ledger)
        ledger.skip(records)
      },
      reject,
      holds(records) {
        ledger.read += records - 1
      },
      leave(line, records) {
        if (next.isFull) ledger.skip(records)
        else ledger.lose(records, line.number, line.file)
      },
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
    // At once: what is accepted before the promise has told everybody must not be left lying.
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
    // What is given back is changed again: a whole slab each time would take forever.
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

  /** What was read but never begun was taken from the input all the same, so it must be told. */
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

const refuseLong = ({ number, file, length, sha256, head }: TooLongLine, max: number): Rejected => {
  const message = `Line is ${length} bytes long, more than --max-line ${max}`
  const line = { bytes: Buffer.concat([head, Buffer.from('\n')]), number, file }
  return { line, failure: new Failure('too_long', 'input', message, { length, sha256 }) }
}

/** The giver is told what was taken; what it is still owed for the rest is given back. */
const settle = (lines: Lines, taken: number, { ledger, records }: Giver): Giver => {
  const done = taken === lines.length ? records : records === lines.length ? taken : 0
  if (taken > 0 || done > 0) ledger.good.delivered(done, taken)
  return { ledger, records: records - done }
}

const lose = (lines: Lines, { ledger, records }: Giver): void => ledger.good.lost(records, lines.number, lines.file)
