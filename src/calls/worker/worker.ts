import type { Clock } from '../../core/clock.js'
import type { Failure } from '../../core/failure.js'
import type { Path } from '../../core/json/path.js'
import type { Line } from '../../core/lines.js'
import { withEvidence } from '../evidence.js'
import { forwardStderr } from '../process/forward-stderr.js'
import { type Exit, superviseGroup } from '../process/group.js'
import { type Program, spawnGroup } from '../process/spawn-group.js'
import type { PassStderr } from '../process/stderr-lines.js'
import { createDoubt, type Verdict } from './doubt.js'
import { addHint, answerTooLarge, endedForAnother, outputClosed, tooMuch, unsure, workerDied } from './failures.js'

/** A record that was given to a worker and what is told about it: exactly one of the three, once. */
export type Assignment = {
  readonly line: Line
  /** What the worker gets. */
  readonly input: Buffer
  /** When the worker got it. */
  givenAt: number
  /**
   * Its answer: one line with its newline, whether that counts, and whether the worker rests until then. A failure given back
   * is what is wrong with it.
   */
  answer(bytes: Buffer, verdict: Verdict | undefined, keepsPlace: boolean): Failure | undefined
  fail(reason: unknown): void
  /** The worker has ended its own work without a look at this record: give it to another. */
  giveBack(): void
}

export type WorkerOptions = {
  readonly clock: Clock
  /** Milliseconds between TERM and KILL, and between the end of the input and TERM. */
  readonly killAfter: number
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
  /** TERM now, KILL after a while. */
  end(): void
}

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
  const jobs: Assignment[] = []
  let state: 'open' | 'closing' | 'ending' | 'gone' = 'open'
  let answers = 0
  let lastNumber = 0
  /** What is wrong with the answers that are held. */
  let refusal: Failure | undefined
  let parts: Buffer[] = []
  let length = 0
  /** Records whose fault the end is, and why. */
  const reasons = new Map<Assignment, unknown>()
  let exited = false
  let corked = false
  let cancelEnd = () => {}
  const doubt = createDoubt({ clock, isPipelined: pipeline > 1, isWriting: () => length > 0, resume: ready })

  const child = spawnGroup(program, reason => {
    state = 'gone'
    for (const job of jobs.splice(0)) job.fail(reason)
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
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const job = jobs[0]
      if (job === undefined) break
      // More than was asked for: whose the lines are cannot be told.
      if (jobs.length === 1 && end + 1 < chunk.length) {
        refusal = unsure()
        return stop(job, tooMuch())
      }
      // Copied: each read has a memory of its own, which costs more to keep than a line.
      const bytes = Buffer.from(join(chunk.subarray(start, end + 1)))
      if (bytes.length - 1 > maxResponse) return stop(job, answerTooLarge(maxResponse))
      start = end + 1
      answers++
      const took = clock.now() - job.givenAt
      const size = bytes.length + job.input.length
      const verdict = options.correlate === undefined ? doubt.add(took, size) : undefined
      const failure = job.answer(bytes, verdict, doubt.isPausing)
      // Whoever writes a line that is no answer may answer this record with the next.
      if (failure !== undefined) return stop(job, failure)
      jobs.shift()
      ready()
    }
    if (start === chunk.length) return
    if (jobs.length === 0) return straying()
    parts.push(start === 0 ? chunk : chunk.subarray(start))
    length += chunk.length - start
    if (length > maxResponse && jobs[0] !== undefined) stop(jobs[0], answerTooLarge(maxResponse))
  }

  const join = (end: Buffer): Buffer => {
    if (parts.length === 0) return end
    const bytes = Buffer.concat([...parts, end])
    parts = []
    length = 0
    return bytes
  }

  const straying = (): void => {
    if (doubt.held > 0) refusal = unsure()
    else options.onStray(lastNumber)
    end()
  }

  const stop = (job: Assignment, reason: unknown): void => {
    if (!reasons.has(job)) reasons.set(job, reason)
    end()
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
    const settle = () => {
      const explain = (error: unknown) => withEvidence(error, forwarding?.tail() ?? '', Buffer.concat(parts))
      // Without a line too many nothing speaks against what was held.
      doubt.settle(refusal)
      const quiet = !told && exit.code === 0 && answers > 0 && pipeline === 1 && length === 0
      for (const job of jobs.splice(0)) {
        if (reasons.has(job)) job.fail(explain(reasons.get(job)))
        else if (told) job.fail(endedForAnother())
        else if (quiet) job.giveBack()
        else job.fail(explain(workerDied(exit, length)))
      }
      gone()
    }
    // Nobody waits for a reader of stderr when the worker was ended by us.
    if (forwarding === undefined || (told && forwarding.held())) settle()
    else forwarding.finish(settle)
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
    room: () => (isOpen() && !doubt.isPausing ? (answers === 0 ? 1 : pipeline) - jobs.length : 0),
    load: () => jobs.length,
    give(job) {
      jobs.push(job)
      lastNumber = job.line.number
      job.givenAt = clock.now()
      write(job.input)
    },
    abort(job, reason) {
      // An answer that is there counts.
      if (jobs.includes(job)) stop(job, answers > 0 || length > 0 ? reason : addHint(reason))
    },
    close() {
      if (state !== 'open') return
      state = 'closing'
      child?.stdin.end()
      endAfter(options.killAfter, end)
    },
    end,
  }
}
