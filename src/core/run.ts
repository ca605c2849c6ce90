import type { Clock } from './clock.js'
import type { Rejected } from './envelope.js'
import { Failure } from './failure.js'
import { createInput, createSplitter, type Input, openSource, ReadError, type Source } from './io/input.js'
import type { Output, Receipt } from './io/output.js'
import type { SplitSink, Splitter, TooLongLine } from './io/split.js'
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

export type RunOptions = {
  /** FILE operands; undefined stands for standard input. */
  readonly files: readonly (string | undefined)[]
  /** Finds out about a FILE operand and opens it, unless that is done in the usual way. */
  readonly open?: ((file: string | undefined) => Promise<Source>) | undefined
  readonly create: (context: Context, ledger: Ledger) => Processor
  readonly output: Output
  readonly failures: FailureSink
  readonly clock: Clock
  /** Longest line in bytes. */
  readonly maxLine: number
  /** False: lines that look like failure records are records. */
  readonly recogniseFailures: boolean
  /** Changes records before the processor sees them (`--raw-input`): blank lines are records then. */
  readonly before?: Transform | undefined
  /** Changes good records before they leave (`--raw-output`). */
  readonly after?: ((lines: Lines) => Lines) | undefined
  /** Asked when records have failed or been read: true stops the run. */
  readonly tooManyFailures?: ((ledger: Ledger, isReadKnown: boolean) => boolean) | undefined
  readonly event?: ((type: string, facts?: Readonly<Record<string, unknown>>) => void) | undefined
}

/** Why a run ended before its input did. */
export type StopReason =
  | { readonly why: 'stopped' }
  | { readonly why: 'signal'; readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' }
  | { readonly why: 'deadline' }
  | { readonly why: 'max-fail' }
  | { readonly why: 'processor'; readonly stop: Stop }
  | { readonly why: 'closed' }
  | { readonly why: 'failed'; readonly message: string }

export type Run = {
  readonly ledger: Ledger
  /** Settles when everything read has been accounted for and written; with what cut it short, if anything did. */
  readonly finished: Promise<StopReason | undefined>
  /** Stops reading; what waits settles as `cancelled`, what runs may finish. The first reason is the one that counts. */
  stop(reason: StopReason): void
  /** Running work must end now. */
  kill(): void
  readonly position: () => Position
}

/** How far a run has come, for `--progress`; bytes are as stored, compressed ones of a gzip file. */
export type Position = {
  /** Of all inputs so far. */
  readonly bytesRead: number
  /** Without what was read and is not begun: exact but for the length of a line, and for gzip as if it packed evenly. */
  readonly bytesBegun: number
  /** Of a single regular file. */
  readonly size: number | undefined
}

type Item =
  | { readonly kind: 'records'; lines: Lines }
  | { readonly kind: 'failures'; lines: Lines }
  | { readonly kind: 'long'; readonly line: TooLongLine }

/** Reads lines, pushes them through a processor, writes lines: the only I/O on the main path. */
export const startRun = (job: RunOptions): Run => {
  const ledger = new Ledger()
  const stopping = new AbortController()
  const killing = new AbortController()
  let cause: StopReason | undefined
  let input: Input | undefined
  let bytesBefore = 0
  let splitter: Splitter | undefined
  let items: Item[] = []
  // Bytes of lines of this input, unpacked, and how far that and reading were after the last read.
  let bytesSplit = 0
  let known = { read: 0, split: 0 }
  let givenBack = Lines.none
  // Enough was read: what is left of the read buffer counts as not read, whatever happens later.
  let enough = false
  const isOver = () => cause !== undefined

  const stop = (reason: StopReason): void => {
    if (cause === undefined) enough = reason.why === 'stopped'
    if (cause === undefined || outranks(reason, cause)) cause = reason
    input?.stop()
    if (reason.why !== 'stopped') stopping.abort(cancelled('Cancelled: the run was ended'))
    if (reason.why === 'closed' || reason.why === 'failed') kill()
  }

  const kill = () => killing.abort(cancelled('Cut off: the run was ended'))

  const reject: Context['reject'] = (line, failure, attempts) => {
    // Nobody wants the rest any more: `| head` must stay quiet.
    if (cause?.why === 'closed' && failure.kind === 'cancelled') return ledger.lose(1, line.number, line.file)
    ledger.rejected++
    held(job.failures.put({ line, failure, attempts }, ledger.bad(failure.kind)))
    checkFailures()
  }

  // While lines are being pushed nobody knows yet how many of them count as read.
  let pushing = false
  const checkFailures = () => {
    if (job.tooManyFailures?.(ledger, !pushing)) stop({ why: 'max-fail' })
  }

  // What outputs ask to wait for; the next read waits for all of it.
  let holding: Promise<unknown> | undefined
  const held = (promise: void | Promise<void>): void => {
    if (promise !== undefined) holding = holding === undefined ? promise : Promise.all([holding, promise])
  }

  const context: Context = {
    emit(lines, records = lines.length) {
      const out = job.after === undefined ? lines : job.after(lines)
      return job.output.write(out, records, ledger.good)
    },
    reject,
    holds(records) {
      ledger.read += records - 1
    },
    filter(records) {
      ledger.filtered += records
    },
    giveBack(lines) {
      givenBack = lines
    },
    stop(asked) {
      stop(asked === undefined ? { why: 'stopped' } : { why: 'processor', stop: asked })
    },
    event: job.event ?? (() => {}),
    clock: job.clock,
    stopping: stopping.signal,
    killing: killing.signal,
  }

  const queue = (item: Item): void => {
    bytesSplit += lengthOf(item)
    items.push(item)
  }

  const sink: SplitSink = {
    records: lines => queue({ kind: 'records', lines }),
    failures: lines => queue({ kind: 'failures', lines }),
    tooLong: line => queue({ kind: 'long', line }),
    blank: () => {
      ledger.lines++
      ledger.blank++
    },
  }

  const processor: Processor = job.create(context, ledger)
  let mayReuse = processor.holdsNothing === true

  /** Hands over what has been split, as fast as the processor takes it. */
  const handOver = (): void | Promise<void> => {
    for (let item = items[0]; item !== undefined; item = items[0]) {
      // What is read but not begun when the run is cut short is dealt with at the end.
      if (isOver()) return
      const handed = handOne(item)
      if (handed !== undefined) return handed.then(handOver)
    }
  }

  const handOne = (item: Item): void | Promise<void> => {
    items.shift()
    if (item.kind === 'records') return push(item.lines)
    return item.kind === 'failures' ? passOn(item.lines) : refuse(item.line)
  }

  const push = (lines: Lines): void | Promise<void> => {
    if (job.before === undefined) return pushReady(lines, lines)
    // What is given back is changed again: a whole slab each time would take forever.
    const part = lines.slice(0, 1024)
    const { ready, bad } = job.before(part)
    if (ready.length === 0 && bad !== undefined) {
      comeAgain(lines.slice(1))
      ledger.lines++
      ledger.read++
      return reject(bad.line, bad.failure)
    }
    comeAgain(lines.slice(ready.length))
    return pushReady(part.slice(0, ready.length), ready)
  }

  const pushReady = (lines: Lines, ready: Lines): void | Promise<void> => {
    pushing = true
    givenBack = Lines.none
    const pushed = processor.push(ready)
    const taken = lines.length - givenBack.length
    ledger.lines += taken
    ledger.read += taken
    pushing = false
    comeAgain(lines.slice(taken))
    if (ledger.rejected > 0) checkFailures()
    return pushed
  }

  const comeAgain = (lines: Lines): void => {
    if (lines.length > 0) items.unshift({ kind: 'records', lines })
  }

  const passOn = (lines: Lines): void | Promise<void> => {
    ledger.lines += lines.length
    ledger.upstream += lines.length
    if (processor.failures !== undefined) {
      // Dead letters are held until they are synced.
      mayReuse = false
      return processor.failures(lines)
    }
    return job.output.write(lines, lines.length, ledger.passing)
  }

  const refuse = ({ number, file, length, sha256, head }: TooLongLine): void => {
    ledger.lines++
    ledger.read++
    const message = `Line is ${length} bytes long, more than --max-line ${job.maxLine}`
    const line = { bytes: Buffer.concat([head, Buffer.from('\n')]), number, file }
    reject(line, new Failure('too_long', 'input', message, { length, sha256 }))
  }

  /** After each read: everything is handed over and on its way out before more is asked for. */
  const next = (): void | Promise<void> => {
    known = { read: input?.bytesRead ?? 0, split: bytesSplit }
    const handed = handOver()
    if (handed !== undefined || holding !== undefined) return Promise.resolve(handed).then(settle)
    // A sink that is still writing holds back reading as well, or failures would pile up.
    const flushed = job.output.flush()
    if (job.failures.flush() !== undefined) return settle()
    if (flushed === undefined && mayReuse && items.length === 0) splitter?.reuse()
    return flushed
  }

  const settle = async (): Promise<void> => {
    await Promise.all([job.output.flush(), job.failures.flush()])
    while (holding !== undefined) {
      const waiting = holding
      holding = undefined
      await waiting
    }
  }

  const readFile = async (file: string | undefined): Promise<void> => {
    const source = await (job.open ?? openSource)(file)
    ledger.file = file
    const { maxLine, recogniseFailures: recognise } = job
    splitter = createSplitter(source, { maxLine, file, recognise, blanks: job.before !== undefined }, sink)
    bytesBefore += input?.bytesRead ?? 0
    input = createInput(source)
    bytesSplit = 0
    known = { read: 0, split: 0 }
    if (isOver()) input.stop()
    try {
      await input.read(splitter, next)
      if (!isOver()) await next()
    } finally {
      if (enough) items = []
      else countUnread(splitter, file)
    }
  }

  /** What was read but never begun was taken from the input all the same, so it must be told. */
  const countUnread = (splitter: Splitter, file: string | undefined): void => {
    for (const item of items) {
      if (item.kind === 'failures') held(passOn(item.lines))
      else if (item.kind === 'long') refuse(item.line)
      else {
        ledger.lines += item.lines.length
        ledger.read += item.lines.length
        ledger.lose(item.lines.length, item.lines.number, file)
      }
    }
    items = []
    if (!splitter.partial) return
    ledger.lines++
    ledger.read++
    ledger.lose(1, splitter.nextNumber, file)
  }

  const main = async (): Promise<StopReason | undefined> => {
    // Whoever starts a run must be able to cut it before the processor has its first say.
    await Promise.resolve()
    if (!isOver()) await processor.start?.()
    try {
      for (const file of job.files) {
        if (isOver()) break
        await readFile(file)
      }
    } catch (error) {
      if (!(error instanceof ReadError)) throw error
      // What was read before is finished as if the input had ended here.
      if (!isOver()) cause = { why: 'failed', message: error.message }
    }
    await processor.end?.()
    await settle()
    return cause
  }

  return {
    ledger,
    finished: main(),
    stop,
    kill,
    position: () => {
      let handed = bytesSplit
      for (const item of items) handed -= lengthOf(item)
      const share = known.split === 0 ? 0 : Math.min(1, handed / known.split)
      return {
        bytesRead: bytesBefore + (input?.bytesRead ?? 0),
        bytesBegun: bytesBefore + known.read * share,
        size: job.files.length === 1 ? input?.size : undefined,
      }
    },
  }
}

const lengthOf = (item: Item): number => (item.kind === 'long' ? item.line.length : item.lines.byteLength)

const cancelled = (message: string) => new Failure('cancelled', 'transient', message)

// A reader that goes away, or a disk that fills up, while a run is being stopped for another reason, is told instead.
const rank: Record<StopReason['why'], number> = {
  failed: 6,
  signal: 5,
  closed: 4,
  processor: 3,
  deadline: 3,
  'max-fail': 2,
  stopped: 1,
}
const outranks = (one: StopReason, other: StopReason): boolean => rank[one.why] > rank[other.why]
