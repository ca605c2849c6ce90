import { Failure } from '../../core/failure.js'
import { type Line, Lines } from '../../core/lines.js'
import { isOwnLack } from '../../core/rules/classes.js'
import { runningTimeOf } from '../../core/running-time.js'
import { onEnd } from '../attempts/on-end.js'
import type { Call, CallContext, Result } from '../call.js'
import { hasPlaceholder, prepareArguments } from '../command/arguments.js'
import type { Program } from '../process/spawn-group.js'
import type { ProgramInput } from '../raw-text.js'
import { createCorrelation } from './correlate.js'
import { createAnswerReader } from './read-answer.js'
import { createRun, type RunSink, readValues } from './runs.js'
import { type Placed, startWorker, type Worker, type WorkerOptions } from './worker.js'

export type WorkersOptions = WorkerOptions & {
  /** The program and its arguments, the same for all records; with `shell` a script and its `$1`, `$2`, … */
  readonly argv: readonly string[]
  readonly shell?: boolean
  /** What the workers inherit; `process.env` unless given. */
  readonly environment?: NodeJS.ProcessEnv
  /** The answer is text and becomes a JSON string. */
  readonly raw: boolean
  /** What a worker is given of a record; the record unless given. */
  readonly input?: ProgramInput
  /** The answer only says that the call is done. */
  readonly pass?: boolean
  /** Workers at once. */
  readonly size: number
  /** There may be room for more records. */
  readonly onRoom?: () => void
}

export type Workers = {
  /** Gives the record to a worker that has room for it, or to a new one. */
  readonly call: Call
  /**
   * Gives the first of these records to a worker as they are, as many as fit, in one write; how many, 0 for none. `begin` is
   * called with them before.
   */
  give(lines: Lines, begin: (taken: Lines) => RunSink): number
  /** The input of all workers is over; settles when none is left. */
  close(): Promise<void>
  /** TERM to all workers now, KILL after a while; their records fail with this reason, if there is one. */
  end(reason?: unknown): void
}

/** Long-lived children, a line in and a line out. Throws a `RangeError` at once when the arguments cannot be used. */
export const createWorkers = (options: WorkersOptions): Workers => {
  const program = prepareProgram(options)
  const correlation = options.correlate === undefined ? undefined : createCorrelation(options.correlate)
  const read = createAnswerReader(options, correlation)
  const living = new Set<Worker>()
  // Fewer than were asked for once this machine has no room for more.
  let { size } = options
  // All workers are busy: with `--pipeline` more calls may come than a new worker takes.
  const waiting = new Set<Placed>()
  let wake = () => {}

  const place = (job: Placed): void => {
    const worker = choose(living, size)
    if (worker === 'none') waiting.add(job)
    else give(job, worker === 'new' ? start() : worker)
  }

  const { input = ({ bytes }) => bytes } = options
  const { now } = runningTimeOf(options.clock)

  const give = (job: Placed, worker: Worker): void => {
    job.worker = worker
    worker.give(job)
  }

  const placeWaiting = (): void => {
    for (const job of waiting) {
      const worker = choose(living, size)
      if (worker === 'none') return
      waiting.delete(job)
      give(job, worker === 'new' ? start() : worker)
    }
    if (waiting.size === 0) options.onRoom?.()
  }

  const start = (): Worker => {
    const worker = startWorker(program, options, {
      ready: placeWaiting,
      gone() {
        living.delete(worker)
        placeWaiting()
        if (living.size === 0) wake()
      },
    })
    living.add(worker)
    return worker
  }

  /** There was no room for one more worker on this machine: those that there are have to do. */
  const waitsForAnother = (job: Placed, reason: unknown): boolean => {
    const others = countOpen(living)
    if (others === 0 || !(reason instanceof Failure && isOwnLack(reason))) return false
    size = Math.min(size, others)
    job.worker = undefined
    waiting.add(job)
    return true
  }

  const run = (
    line: Line,
    context: CallContext,
    resolve: (lines: Result) => void,
    reject: (reason: unknown) => void,
  ) => {
    const value = correlation?.read(line.bytes) ?? ''
    const job: Placed = {
      lines: Lines.fromLine(line),
      input: input(line),
      settled: 0,
      worker: undefined,
      givenAt: 0,
      answer(answers, { verdict, keepsPlace }) {
        const answer = read(answers.at(0).bytes, value)
        if ('wrong' in answer) return answer.wrong
        if ('refusal' in answer) {
          job.fail(answer.refusal, 1)
          return undefined
        }
        job.settled = 1
        cancel()
        const { result } = answer
        resolve(verdict === undefined ? result : Object.assign(result, { verdict, keepsPlace }))
        return undefined
      },
      fail(reason) {
        if (waitsForAnother(job, reason)) return
        job.settled = 1
        cancel()
        reject(reason)
      },
      giveBack: () => place(job),
    }
    const cancel = onEnd(context, reason => {
      if (waiting.delete(job)) job.fail(reason, 1)
      else job.worker?.abort(job, reason)
    })
    place(job)
  }

  return {
    call: (line, context) =>
      new Promise((resolve, reject) => {
        if (context.killing.aborted) throw context.killing.reason
        run(line, context, resolve, reject)
      }),
    give(lines, begin) {
      if (waiting.size > 0) return 0
      const worker = choose(living, size)
      if (worker === 'none') return 0
      const most = worker === 'new' ? 1 : Math.min(worker.room(), Math.ceil(lines.length / size))
      const values = correlation === undefined ? undefined : readValues(correlation, lines, most)
      if (values?.failure !== undefined && values.count === 0) {
        begin(lines.slice(0, 1)).failed(values.failure, 1, undefined)
        return 1
      }
      const taken = lines.slice(0, values?.count ?? most)
      const job: Placed = createRun(taken, values, begin(taken), { read, now, place, waitsForAnother })
      give(job, worker === 'new' ? start() : worker)
      return taken.length
    },
    async close() {
      for (const worker of living) worker.close()
      if (living.size === 0) return
      await new Promise<void>(resolve => {
        wake = resolve
      })
    },
    end(reason) {
      for (const worker of living) worker.end(reason)
      if (reason === undefined) return
      for (const job of waiting) {
        waiting.delete(job)
        job.fail(reason, job.lines.length)
      }
    },
  }
}

const countOpen = (living: ReadonlySet<Worker>): number => [...living].filter(worker => worker.isOpen()).length

/** Records spread over all workers before two of them share one. */
const choose = (living: ReadonlySet<Worker>, size: number): Worker | 'new' | 'none' => {
  let best: Worker | undefined
  let open = 0
  for (const worker of living) {
    if (worker.isOpen()) open++
    if (worker.room() <= 0) continue
    if (worker.load() === 0) return worker
    if (best === undefined || worker.load() < best.load()) best = worker
  }
  return open < size ? 'new' : (best ?? 'none')
}

const prepareProgram = ({ argv, shell, environment = process.env }: WorkersOptions): Program => {
  const [program = '', ...templates] = argv
  if (program === '') {
    throw new RangeError('No command was given, expected one after --, for example: --worker -- ./enrich.sh')
  }
  const filled = argv.find(hasPlaceholder)
  if (filled !== undefined) {
    throw new RangeError(
      `The argument ${JSON.stringify(filled)} contains a {.path}, but a worker is started once for all records: it finds each record on its stdin`,
    )
  }
  const args = prepareArguments(templates)(noRecord)
  return shell
    ? { program: '/bin/sh', args: ['-c', program, 'streamz', ...args], environment }
    : { program, args, environment }
}

// Without placeholders nobody looks at it.
const noRecord: Line = { bytes: Buffer.from('null\n'), number: 0, file: undefined }
