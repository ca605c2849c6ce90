import type { Cancel } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import type { Line } from '../../core/lines.js'
import { isOwnLack } from '../../core/rules/classes.js'
import { createDeadlines } from '../attempts/deadlines.js'
import { onEnd } from '../attempts/on-end.js'
import type { Call, CallContext, Result } from '../call.js'
import { hasPlaceholder, prepareArguments } from '../command/arguments.js'
import { withEvidence } from '../evidence.js'
import type { Program } from '../process/spawn-group.js'
import type { ProgramInput } from '../raw-text.js'
import { readOutput } from '../read-output.js'
import { createCorrelation } from './correlate.js'
import { noAnswer, noStart } from './failures.js'
import { readRefusal } from './refusal.js'
import { type Assignment, startWorker, type Worker, type WorkerOptions } from './worker.js'

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
  /** Milliseconds for an answer, 0 for no end; of a worker that has not answered yet since it was started. */
  readonly timeout: number
  readonly startTimeout: number
  /** The answer only says that the call is done. */
  readonly pass?: boolean
  /** Workers at once. */
  readonly size: number
}

export type Workers = {
  /** Gives the record to a worker that has room for it, or to a new one. */
  readonly call: Call
  /** The input of all workers is over; settles when none is left. */
  close(): Promise<void>
  /** TERM to all workers now, KILL after a while. */
  end(): void
}

/** Long-lived children, a line in and a line out. Throws a `RangeError` at once when the arguments cannot be used. */
export const createWorkers = (options: WorkersOptions): Workers => {
  const program = prepareProgram(options)
  const correlation = options.correlate === undefined ? undefined : createCorrelation(options.correlate)
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

  const { clock, timeout, startTimeout, input = ({ bytes }) => bytes } = options
  const startDeadline = createDeadlines(timeout, clock)

  const give = (job: Placed, worker: Worker): void => {
    job.worker = worker
    job.cancelTimer()
    const isStarting = worker.isStarting()
    const limit = isStarting ? startTimeout : timeout
    const giveUp = () => worker.abort(job, isStarting ? noStart(limit) : noAnswer(limit))
    if (limit === 0) job.cancelTimer = () => {}
    else job.cancelTimer = isStarting ? clock.after(limit, giveUp) : startDeadline(giveUp)
    worker.give(job)
  }

  const placeWaiting = (): void => {
    for (const job of waiting) {
      const worker = choose(living, size)
      if (worker === 'none') return
      waiting.delete(job)
      give(job, worker === 'new' ? start() : worker)
    }
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

  const run = (
    line: Line,
    context: CallContext,
    resolve: (lines: Result) => void,
    reject: (reason: unknown) => void,
  ) => {
    const value = correlation?.read(line.bytes) ?? ''
    const job: Placed = {
      line,
      input: input(line),
      cancelTimer() {},
      worker: undefined,
      givenAt: 0,
      answer(bytes, verdict, keepsPlace) {
        const refusal = readRefusal(bytes)
        if (refusal !== undefined) {
          job.fail(refusal)
          return undefined
        }
        const failure = correlation?.check(value, bytes)
        if (failure !== undefined) return asFailure(withEvidence(failure, '', bytes))
        let result: Result
        try {
          result = readOutput(bytes, { multi: false, raw: options.raw, pass: options.pass === true })
        } catch (error) {
          return asFailure(withEvidence(error, '', bytes))
        }
        job.cancelTimer()
        cancel()
        resolve(verdict === undefined ? result : Object.assign(result, { verdict, keepsPlace }))
        return undefined
      },
      fail(reason) {
        const others = countOpen(living)
        if (others > 0 && reason instanceof Failure && isOwnLack(reason)) {
          size = Math.min(size, others)
          job.worker = undefined
          waiting.add(job)
          return
        }
        job.cancelTimer()
        cancel()
        reject(reason)
      },
      giveBack: () => place(job),
    }
    const cancel = onEnd(context, reason => {
      if (waiting.delete(job)) job.fail(reason)
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
    async close() {
      for (const worker of living) worker.close()
      if (living.size === 0) return
      await new Promise<void>(resolve => {
        wake = resolve
      })
    },
    end() {
      for (const worker of living) worker.end()
    },
  }
}

const countOpen = (living: ReadonlySet<Worker>): number => [...living].filter(worker => worker.isOpen()).length

type Placed = Assignment & { worker: Worker | undefined; cancelTimer: Cancel }

const asFailure = (error: unknown): Failure => {
  if (error instanceof Failure) return error
  throw error
}

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
