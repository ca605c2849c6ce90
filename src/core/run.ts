import { connect } from './chain.js'
import type { Clock } from './clock.js'
import { Failure } from './failure.js'
import { createInput, createSplitter, type Input, openSource, ReadError, type Source } from './io/input.js'
import type { Output } from './io/output.js'
import type { SplitSink } from './io/split.js'
import { joinWaits } from './join-waits.js'
import type { Path } from './json/path.js'
import type { Ledger } from './ledger.js'
import type { Lines } from './lines.js'
import { createSortedMerge } from './merge/sorted-merge.js'
import type { Stop } from './processor.js'
import type { Item, Outlet, StageOptions } from './stage.js'

export type RunOptions = {
  /** FILE operands; undefined stands for standard input. */
  readonly files: readonly (string | undefined)[]
  /** Finds out about a FILE operand and opens it, unless that is done in the usual way. */
  readonly open?: ((file: string | undefined) => Promise<Source>) | undefined
  /** What the records pass, in order; at least one. */
  readonly stages: readonly StageOptions[]
  readonly output: Output
  /** Those that branches write to. */
  readonly otherOutputs?: readonly Output[]
  readonly clock: Clock
  /** Longest line in bytes. */
  readonly maxLine: number
  /** False: lines that look like failure records are records. */
  readonly recogniseFailures: boolean
  /** Blank lines are records (`--raw-input`). */
  readonly blanks?: boolean
  /**
   * All files are read at the same time and their lines are taken as they come, or by the value at a path; else one file after
   * the other.
   */
  readonly together?: { readonly sortedBy?: Path | undefined } | undefined
  /** Changes good records before they leave (`--raw-output`). */
  readonly after?: ((lines: Lines) => Lines) | undefined
}

/** Why a run ended before its input did. */
export type StopReason =
  | { readonly why: 'stopped' }
  | { readonly why: 'signal'; readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' }
  | { readonly why: 'deadline' }
  | { readonly why: 'max-fail' }
  | { readonly why: 'processor'; readonly stop: Stop }
  | { readonly why: 'closed' }
  | { readonly why: 'failed'; readonly message: string; readonly advice?: string | undefined }

export type Run = {
  /** The counters of the first stage: what was read. */
  readonly ledger: Ledger
  /** Those of all stages, in order. */
  readonly ledgers: readonly Ledger[]
  /** Resolves when everything that was read is settled and written, with the reason if the run was cut short. */
  readonly finished: Promise<StopReason | undefined>
  /** Stops reading; waiting records are settled as `cancelled`, running calls may finish. The first reason counts. */
  stop(reason: StopReason): void
  /** Running work must end now. */
  kill(): void
  readonly position: () => Position
}

/** How far a run has come, for `--progress`; bytes are as stored, compressed ones of a gzip file. */
export type Position = {
  /** Bytes of all inputs so far. */
  readonly bytesRead: number
  /** Bytes that are processed: exact except for the length of a line; for gzip, assuming an even compression ratio. */
  readonly bytesBegun: number
  /** Size of the input, if it is a single regular file. */
  readonly size: number | undefined
}

/** Reads lines, pushes them through the stages and writes the results: the only I/O on the main path. */
export const startRun = (job: RunOptions): Run => {
  let cause: StopReason | undefined
  // Those that are read now, and the bytes of those that were read before.
  const inputs = new Set<Input>()
  let bytesBefore = 0
  let size: number | undefined
  // Bytes of lines since the last change of inputs, unpacked, and how far that and reading were after the last read.
  let bytesSplit = 0
  let known = { before: 0, read: 0, split: 0 }

  const stop = (reason: StopReason): void => {
    if (cause === undefined || outranks(reason, cause)) cause = reason
    stopReading()
    if (reason.why !== 'stopped') {
      for (const stage of chain.stages) stage.stopWaiting(cancelled('Cancelled: the run was stopped'))
    }
    if (reason.why === 'closed' || reason.why === 'failed') kill()
  }

  const kill = () => {
    for (const stage of chain.stages) stage.kill(cancelled('Interrupted: the run was stopped'))
  }

  const stopReading = () => {
    for (const input of inputs) input.stop()
    sorted?.release()
  }

  // Promises of the outputs; the next read waits for all of them.
  let holding: void | Promise<void>
  const hold = (promise: void | Promise<void>): void => {
    holding = joinWaits(holding, promise)
  }

  const chain = connect(
    job.stages,
    {
      clock: job.clock,
      isOver: () => cause !== undefined && cause.why !== 'stopped',
      enough: () => stop({ why: 'stopped' }),
      stop: asked => stop({ why: 'processor', stop: asked }),
      tooManyFailures: () => stop({ why: 'max-fail' }),
      hold,
      isAbandoned: () => cause?.why === 'closed',
    },
    outletOf(job.output, job.after),
  )
  const { first } = chain
  const { ledger } = first
  if (job.together !== undefined && job.files.length > 1) ledger.hasPlace = false
  const isOver = () => cause !== undefined

  const queue = (item: Item): void => {
    bytesSplit += lengthOf(item)
    first.add(item)
  }

  const sorted = job.together?.sortedBy && createSortedMerge(job.together.sortedBy, job.files.length, queue)

  const createSink = (records: SplitSink['records']): SplitSink => ({
    records,
    failures: lines => queue({ kind: 'failures', lines }),
    tooLong: line => queue({ kind: 'long', line, max: job.maxLine }),
    blank: () => {
      ledger.lines++
      ledger.blank++
    },
  })

  // Dead letters are held until they are synced.
  const mayReuse = () => chain.holdsNothing && !(chain.takesFailures && ledger.upstream > 0)

  const sinks = listStages(job.stages).map(({ failures }) => failures)
  const flushFailures = (): void | Promise<void> => flushAll(sinks)
  const outputs = [job.output, ...(job.otherOutputs ?? [])]
  const flushOutputs = (): void | Promise<void> => flushAll(outputs)

  /** After each read: everything is handed over and on its way out before more is asked for. */
  const next = (reuse: () => void): void | Promise<void> => {
    known = { ...known, read: countRead() - known.before, split: bytesSplit }
    const handed = first.drain()
    if (handed !== undefined || holding !== undefined) return Promise.resolve(handed).then(settleRead)
    // A sink that is still writing also delays reading, or failures would pile up.
    const flushed = flushOutputs()
    if (flushFailures() !== undefined) return settleRead()
    if (flushed === undefined && mayReuse() && chain.isIdle()) reuse()
    return chain.readsAhead ? undefined : flushed
  }

  // One at a time, for all readers: two that hand over at once would interleave.
  let handing: Promise<void> | undefined
  const nextInTurn = (reuse: () => void): void | Promise<void> => {
    if (handing !== undefined) return handing.then(() => nextInTurn(reuse))
    handing = next(reuse)?.finally(() => {
      handing = undefined
    })
    return handing
  }

  const countRead = (): number => {
    let count = bytesBefore
    for (const { bytesRead } of inputs) count += bytesRead
    return count
  }

  const settleRead = (): Promise<void> => settle(chain.readsAhead ? undefined : flushOutputs())

  const settle = async (flushed: void | Promise<void>): Promise<void> => {
    await Promise.all([flushed, flushFailures()])
    while (holding !== undefined) {
      const waiting = holding
      holding = undefined
      await waiting
    }
  }

  const open = async (file: string | undefined, records: SplitSink['records']) => {
    const source = await (job.open ?? openSource)(file)
    ledger.file = file
    const { maxLine, recogniseFailures: recognise } = job
    const options = { maxLine, file, recognise, blanks: job.blanks === true }
    const splitter = createSplitter(source, options, createSink(records))
    const input = createInput(source)
    inputs.add(input)
    size = input.size
    if (isOver()) input.stop()
    return { file, splitter, input }
  }

  /** A line that has not ended was taken from the input all the same; without one the next run begins with the line after. */
  const close = ({ file, splitter, input }: Awaited<ReturnType<typeof open>>, isCut: boolean): void => {
    inputs.delete(input)
    bytesBefore += input.bytesRead
    if (splitter.partial && !first.isFull) {
      ledger.lines++
      ledger.read++
      ledger.lose(1, splitter.nextNumber, file)
    } else if (isCut) ledger.stopBefore(splitter.nextNumber, file)
  }

  const readFile = async (file: string | undefined): Promise<void> => {
    bytesSplit = 0
    known = { before: bytesBefore, read: 0, split: 0 }
    const reading = await open(file, lines => queue({ kind: 'records', lines }))
    const { splitter, input } = reading
    const reuse = () => splitter.reuse()
    let isCut = false
    try {
      await input.read(splitter, () => next(reuse))
      if (isOver()) isCut = true
      else await next(reuse)
    } finally {
      first.discard()
      close(reading, isCut)
    }
  }

  /** Reads one of several inputs that are read at the same time. */
  const readBeside = async (file: string | undefined, index: number): Promise<void> => {
    const source = sorted?.sources[index]
    const reading = await open(file, source?.add ?? (lines => queue({ kind: 'records', lines })))
    const { splitter, input } = reading
    const reuse = () => {
      if (source === undefined || source.isEmpty) splitter.reuse()
    }
    // Lines that are held until another input catches up delay reading this one: that bounds memory.
    const nextOfThis = (): void | Promise<void> => {
      const handed = nextInTurn(reuse)
      const held = source?.whenEmpty()
      return held === undefined ? handed : Promise.all([handed, held]).then(() => nextInTurn(reuse))
    }
    let isCut = false
    try {
      await input.read(splitter, nextOfThis)
      if (isOver()) isCut = true
      else {
        source?.end()
        await nextInTurn(reuse)
      }
    } finally {
      close(reading, isCut)
    }
  }

  const readTogether = async (): Promise<void> => {
    const readings = job.files.map(async (file, index) => {
      try {
        await readBeside(file, index)
      } catch (error) {
        failReading(error)
        stopReading()
      }
    })
    await Promise.all(readings)
    sorted?.release()
    await handing
    first.discard()
  }

  const failReading = (error: unknown): void => {
    if (!(error instanceof ReadError)) throw error
    // What was read before is finished as if the input had ended here.
    if (!isOver()) cause = { why: 'failed', message: error.message }
  }

  const main = async (): Promise<StopReason | undefined> => {
    // The caller must be able to stop the run before the processor starts.
    await Promise.resolve()
    if (!isOver()) await chain.start()
    try {
      if (job.together !== undefined) await readTogether()
      else {
        for (const file of job.files) {
          if (isOver()) break
          await readFile(file)
        }
      }
    } catch (error) {
      failReading(error)
    }
    await chain.finish()
    await settle(flushOutputs())
    return cause
  }

  return {
    ledger,
    ledgers: chain.stages.map(stage => stage.ledger),
    finished: main(),
    stop,
    kill,
    position: () => {
      let handed = bytesSplit
      for (const item of first.waiting) handed -= lengthOf(item)
      const share = known.split === 0 ? 0 : Math.min(1, handed / known.split)
      return {
        bytesRead: countRead(),
        bytesBegun: known.before + known.read * share,
        size: job.files.length === 1 ? size : undefined,
      }
    },
  }
}

/** An output as what a stage emits to; `after` changes good records before they leave. */
export const outletOf = (output: Output, after: RunOptions['after']): Outlet => ({
  isFull: false,
  accept: (lines, records, from) => output.write(after === undefined ? lines : after(lines), records, from.good),
  pass: (lines, from) => output.write(lines, lines.length, from.passing),
})

const listStages = (stages: readonly StageOptions[]): readonly StageOptions[] =>
  stages.flatMap(stage => [stage, ...(stage.branches ?? []).flatMap(branch => listStages(branch.stages))])

const flushAll = (all: readonly { flush(): void | Promise<void> }[]): void | Promise<void> =>
  all.reduce<void | Promise<void>>((waiting, one) => joinWaits(waiting, one.flush()), undefined)

const lengthOf = (item: Item): number => {
  if (item.kind === 'bad') return item.rejected.line.bytes.length
  return item.kind === 'long' ? item.line.length : item.lines.byteLength
}

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
