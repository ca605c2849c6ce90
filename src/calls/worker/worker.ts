import { basename } from 'node:path'
import type { Cancel, Clock } from '../../core/clock.js'
import type { Failure } from '../../core/failure.js'
import type { Path } from '../../core/json/path.js'
import type { Lines } from '../../core/lines.js'
import { runningTimeOf } from '../../core/running-time.js'
import { withEvidence } from '../evidence.js'
import { forwardStderr } from '../process/forward-stderr.js'
import { type Exit, superviseGroup } from '../process/group.js'
import { type Program, spawnGroup } from '../process/spawn-group.js'
import type { PassStderr } from '../process/stderr-lines.js'
import { AnswerStore } from './answer-store.js'
import { createDoubt, type Verdict } from './doubt.js'
import {
  addHint,
  answerTooLarge,
  endedForAnother,
  noAnswer,
  noStart,
  outputClosed,
  tooMuch,
  unsure,
  workerDied,
} from './failures.js'
import { keepAwake, shortest } from './keep-awake.js'

/** Neighbouring records that were given to a worker together, and what is told about them: one of the three for each, once. */
export type Assignment = {
  readonly lines: Lines
  /** What the worker gets. */
  readonly input: Buffer
  /** When the worker got it. */
  givenAt: number
  /** Of how many records it has been told. */
  settled: number
  /**
   * The answers to its next records: a line for each, and what is known of them. A failure given back is what is wrong with the
   * one for the next record.
   */
  answer(answers: Lines, about: AboutAnswers): Failure | undefined
  /** So many of the next records have failed. */
  fail(reason: unknown, count: number): void
  /** The worker has ended its own work without a look at them: give them to another. */
  giveBack(): void
}

export type AboutAnswers = {
  /** Whether they count. */
  readonly verdict: Verdict | undefined
  /** Whether the worker rests until then. */
  readonly keepsPlace: boolean
  /** Milliseconds that they took. */
  readonly took: number
}

export type WorkerOptions = {
  readonly clock: Clock
  /** Milliseconds between TERM and KILL, and between the end of the input and TERM. */
  readonly killAfter: number
  /** Milliseconds for an answer, 0 for no end; of a worker that has not answered yet since it was started. */
  readonly timeout: number
  readonly startTimeout: number
  /** Longest answer in bytes. */
  readonly maxResponse: number
  readonly stderr: PassStderr
  /** Records in flight in one worker, at most. */
  readonly pipeline: number
  /** An answer counts when it repeats the record's value at this path; without it, when no line has come for a while. */
  readonly correlate?: Path
  /** Told when a worker wrote more than it was asked for after this line, and its answer has been given already. */
  readonly onStray: (lineNumber: number) => void
}

export type Worker = {
  /** Whether it takes records, now or soon. */
  isOpen(): boolean
  /** Whether it has never answered. */
  isStarting(): boolean
  /** How many records it would take now, and how many it has. */
  room(): number
  load(): number
  give(job: Assignment): void
  /** Ends the worker because of one of its records, which fails with this reason once nothing of it is left. */
  abort(job: Assignment, reason: unknown): void
  /** No more records come: it may end by itself, and is ended if it does not. */
  close(): void
  /** TERM now, KILL after a while; its records fail with this reason, if there is one. */
  end(reason?: unknown): void
}

/** A record or some, and the worker that has them; undefined while they wait for one. */
export type Placed = Assignment & { worker: Worker | undefined }

/**
 * Starts a long-lived child that answers each line with one line. `ready` is called when there is room again, `gone` when
 * nothing of it is left.
 */
export const startWorker = (
  program: Program,
  options: WorkerOptions,
  { ready, gone }: { readonly ready: () => void; readonly gone: () => void },
): Worker => {
  const { clock, pipeline, maxResponse } = options
  const time = runningTimeOf(clock)
  const jobs: Assignment[] = []
  /** Records that it has. */
  let load = 0
  let state: 'open' | 'closing' | 'ending' | 'gone' = 'open'
  let answers = 0
  /** Milliseconds that an answer usually takes. */
  let usual = Number.POSITIVE_INFINITY
  let lastNumber = 0
  /** What is wrong with the answers that are held. */
  let refusal: Failure | undefined
  const store = new AnswerStore()
  let parts: Buffer[] = []
  let length = 0
  /** Whose fault the end is, how many of their records, and why. */
  const faults = new Map<Assignment, { readonly reason: unknown; readonly count: number }>()
  let exited = false
  let corked = false
  let cancelEnd = () => {}
  let cancelWatch: Cancel | undefined
  const doubt = createDoubt({ clock, isPipelined: pipeline > 1, isWriting: () => length > 0, resume: ready })

  const child = spawnGroup(program, reason => {
    state = 'gone'
    cancelWatch?.()
    for (const job of jobs.splice(0)) job.fail(reason, job.lines.length - job.settled)
    gone()
  })
  const forwarding = child === undefined ? undefined : forwardStderr(child.stderr, () => lastNumber, options.stderr)
  const group =
    child === undefined
      ? undefined
      : superviseGroup(child, { ...options, held: () => forwarding?.held() === true }, exit => finish(exit))

  child?.on('exit', () => {
    exited = true
  })
  child?.stdout.on('data', (chunk: Buffer) => take(chunk))
  child?.stdout.on('end', () => {
    // It may go on, but nothing can come from it any more.
    exited = true
    if (state !== 'open') return
    endAfter(Math.max(options.killAfter, 100), () => {
      if (jobs[0] === undefined) end()
      else stop(jobs[0], outputClosed())
    })
  })

  const take = (chunk: Buffer): void => {
    if (load === 0) return straying()
    if (parts.length > 0 && !chunk.includes(10)) return keep(chunk)
    store.add(parts, chunk, load)
    parts = []
    length = 0
    const { count } = store
    const now = time.now()
    for (let from = 0; from < count; ) {
      const job = jobs[0] as Assignment
      const until = Math.min(count, from + job.lines.length - job.settled)
      // More than was asked for: whose the lines are cannot be told.
      const isTooMuch = until - from === load && store.endOf(until - 1) < store.end
      const failure = settle(job, from, isTooMuch ? until - 1 : until, now)
      if (failure !== undefined) return stop(job, failure)
      if (isTooMuch) {
        refusal = unsure()
        return stop(job, tooMuch())
      }
      from = until
    }
    const rest = store.end - store.endOf(count - 1)
    if (rest > 0) keep(chunk.subarray(chunk.length - rest))
    if (count > 0) ready()
  }

  /** Tells the answers for the next records of a job; gives what is wrong with the first that is none. */
  const settle = (job: Assignment, from: number, until: number, now: number): Failure | undefined => {
    const count = countShort(store, from, until, maxResponse)
    if (count > 0) {
      const took = now - job.givenAt
      notice(took, count)
      const size = store.endOf(from + count - 1) - store.endOf(from - 1)
      const share = (job.input.length * count) / job.lines.length
      const verdict = options.correlate === undefined ? doubt.add(took, size + share, count) : undefined
      const before = job.settled
      const answers = store.lines(from, from + count, job.lines.number + before, job.lines.file)
      const failure = job.answer(answers, { verdict, keepsPlace: doubt.isPausing, took })
      load -= job.settled - before
      // A worker that wrote a line which is not an answer may answer this record with its next line.
      if (failure !== undefined) return failure
      if (job.settled === job.lines.length) jobs.shift()
    }
    return from + count < until ? answerTooLarge(maxResponse) : undefined
  }

  const notice = (took: number, count: number): void => {
    // What the first one took is the start.
    if (answers === 1) usual = took
    else if (answers > 1) usual += (took - usual) / 8
    else {
      cancelWatch?.()
      cancelWatch = undefined
    }
    answers += count
  }

  const keep = (part: Buffer): void => {
    parts.push(part)
    length += part.length
    if (length > maxResponse && jobs[0] !== undefined) stop(jobs[0], answerTooLarge(maxResponse))
  }

  const straying = (): void => {
    if (doubt.held > 0) refusal = unsure()
    else options.onStray(lastNumber)
    end()
  }

  const stop = (job: Assignment, reason: unknown, count = 1): void => {
    if (!faults.has(job)) faults.set(job, { reason, count })
    end()
  }

  const abort = (job: Assignment, reason: unknown): void =>
    // An answer that is there counts.
    stop(
      job,
      answers > 0 || length > 0 ? reason : addHint(reason, basename(program.program)),
      job.lines.length - job.settled,
    )

  /** One timer is enough: the oldest record is the first that is late, and what was given with it. */
  const watch = (): void => {
    const limit = answers === 0 ? options.startTimeout : options.timeout
    if (limit === 0 || cancelWatch !== undefined) return
    const look = () => {
      cancelWatch = undefined
      const now = time.now()
      for (const job of jobs) {
        const rest = job.givenAt + limit - now
        if (rest > 0) return arm(rest)
        abort(job, answers === 0 ? noStart(limit) : noAnswer(limit))
      }
    }
    const arm = (ms: number) => {
      cancelWatch = time.after(ms, look)
    }
    arm(limit)
  }

  const end = (): void => {
    if (state === 'ending' || state === 'gone') return
    state = 'ending'
    child?.stdout.destroy()
    group?.end()
  }

  const endAfter = (ms: number, act: () => void): void => {
    cancelEnd()
    cancelEnd = clock.after(ms, act)
  }

  const finish = (exit: Exit): void => {
    const told = state === 'ending'
    state = 'gone'
    cancelEnd()
    cancelWatch?.()
    const conclude = () => {
      const explain = (error: unknown) => withEvidence(error, forwarding?.tail() ?? '', Buffer.concat(parts))
      // Without a line too many nothing speaks against what was held.
      doubt.settle(refusal)
      const quiet = !told && exit.code === 0 && answers > 0 && pipeline === 1 && length === 0
      for (const job of jobs.splice(0)) {
        const fault = faults.get(job)
        if (fault !== undefined) job.fail(explain(fault.reason), fault.count)
        const rest = job.lines.length - job.settled
        if (rest === 0) continue
        if (told) job.fail(endedForAnother(), rest)
        else if (quiet) job.giveBack()
        else job.fail(explain(workerDied(exit, length)), rest)
      }
      gone()
    }
    // Nobody waits for a reader of stderr when the worker was ended by us.
    if (forwarding === undefined || (told && forwarding.held())) conclude()
    else forwarding.finish(conclude)
  }

  const write = (bytes: Buffer): void => {
    if (child === undefined) return
    if (pipeline > 1 && !corked) {
      // Records that come together leave in one write.
      corked = true
      child.stdin.cork()
      process.nextTick(() => {
        corked = false
        child.stdin.uncork()
      })
    }
    child.stdin.write(bytes)
  }

  const isOpen = () => state === 'open' && !exited

  return {
    isOpen,
    isStarting: () => answers === 0,
    room: () => (isOpen() && !doubt.isPausing ? (answers === 0 ? 1 : pipeline) - load : 0),
    load: () => load,
    give(job) {
      jobs.push(job)
      load += job.lines.length - job.settled
      lastNumber = job.lines.number + job.lines.length - 1
      job.givenAt = time.now()
      watch()
      write(job.input)
      if (usual < shortest) keepAwake()
    },
    abort(job, reason) {
      if (jobs.includes(job)) abort(job, reason)
    },
    close() {
      if (state !== 'open') return
      state = 'closing'
      if (load === 0) cancelWatch?.()
      child?.stdin.end()
      endAfter(options.killAfter, end)
    },
    end(reason) {
      if (reason !== undefined) for (const job of jobs) abort(job, reason)
      end()
    },
  }
}

/** How many lines there are before the first that is too long. */
const countShort = (store: AnswerStore, from: number, until: number, most: number): number => {
  if (until === from || store.endOf(until - 1) - store.endOf(from - 1) <= most) return until - from
  for (let index = from; index < until; index++) {
    if (store.endOf(index) - store.endOf(index - 1) - 1 > most) return index - from
  }
  return until - from
}
