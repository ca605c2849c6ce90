import type { Clock } from '../core/clock.js'
import type { Line } from '../core/lines.js'
import { forwardStderr } from './forward-stderr.js'
import { type Exit, superviseGroup } from './group.js'
import { type Program, spawnGroup } from './spawn-group.js'
import type { PassStderr } from './stderr-lines.js'
import { addHint, endedForAnother, tooLarge, tooMuch, workerDied } from './worker-failures.js'

/** A record that was given to a worker and what is told about it: exactly one of the three, once. */
export type Job = {
  readonly line: Line
  /** Its answer: one line with its newline. */
  answer(bytes: Buffer): void
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
  /** Told when a worker wrote more than it was asked for after this line, and its answer has been given already. */
  readonly onStray: (lineNumber: number) => void
}

export type Worker = {
  /** Whether it takes records, now or soon. */
  isOpen(): boolean
  /** How many records it would take now, and how many it has. */
  room(): number
  load(): number
  give(job: Job): void
  /** Ends the worker because of one of its records, which fails with this reason once nothing of it is left. */
  abort(job: Job, reason: unknown): void
  /** No more records come: it may end by itself, and is ended if it does not. */
  close(): void
  /** TERM now, KILL after a while. */
  end(): void
}

/**
 * Milliseconds of silence after an answer before it counts. A program that greets, or that writes one more line now and
 * then, would otherwise answer each record with the line of another: nothing in the lines could tell. The first answer is
 * waited upon for long, later ones for a tenth of the time they took, which is nothing for the fast ones.
 */
export const silenceAfter = (answers: number, took: number): number =>
  answers === 1 ? 100 : took < 10 ? 0 : Math.min(took / 10, 20)

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
  const jobs: Job[] = []
  let state: 'open' | 'closing' | 'ending' | 'gone' = 'open'
  /** An answer, until it is sure that it was one. */
  let held: { readonly job: Job; readonly bytes: Buffer; readonly cancel: () => void } | undefined
  let answers = 0
  let lastNumber = 0
  let givenAt = 0
  let parts: Buffer[] = []
  let length = 0
  /** Records whose fault the end is, and why. */
  const reasons = new Map<Job, unknown>()
  let exited = false
  let corked = false

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

  const take = (chunk: Buffer): void => {
    if (held !== undefined) return stop(takeBack(held), tooMuch())
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const job = jobs[0]
      if (job === undefined) break
      // More than was asked for: whose the lines are cannot be told.
      if (jobs.length === 1 && end + 1 < chunk.length) return stop(job, tooMuch())
      const bytes = join(chunk.subarray(start, end + 1))
      if (bytes.length - 1 > maxResponse) return stop(job, tooLarge(maxResponse))
      start = end + 1
      jobs.shift()
      hand(job, bytes)
      if (state === 'ending') return
    }
    if (start === chunk.length) return
    if (jobs.length === 0) return straying()
    parts.push(start === 0 ? chunk : chunk.subarray(start))
    length += chunk.length - start
    if (length > maxResponse && jobs[0] !== undefined) stop(jobs[0], tooLarge(maxResponse))
  }

  const join = (end: Buffer): Buffer => {
    if (parts.length === 0) return end
    const bytes = Buffer.concat([...parts, end])
    parts = []
    length = 0
    return bytes
  }

  const hand = (job: Job, bytes: Buffer): void => {
    answers++
    const silence = pipeline > 1 && answers > 1 ? 0 : silenceAfter(answers, clock.now() - givenAt)
    if (silence === 0) {
      job.answer(bytes)
      return ready()
    }
    const cancel = clock.after(silence, () => {
      held = undefined
      job.answer(bytes)
      ready()
    })
    held = { job, bytes, cancel }
  }

  const takeBack = ({ job, cancel }: NonNullable<typeof held>): Job => {
    cancel()
    held = undefined
    jobs.unshift(job)
    return job
  }

  const straying = (): void => {
    options.onStray(lastNumber)
    end()
  }

  const stop = (job: Job, reason: unknown): void => {
    if (!reasons.has(job)) reasons.set(job, reason)
    end()
  }

  const end = (): void => {
    if (state === 'ending' || state === 'gone') return
    state = 'ending'
    child?.stdout.destroy()
    group?.end()
  }

  const finish = (exit: Exit): void => {
    const told = state === 'ending'
    state = 'gone'
    cancelClose()
    const settle = () => {
      held?.cancel()
      held?.job.answer(held.bytes)
      held = undefined
      const quiet = !told && exit.code === 0 && answers > 0 && pipeline === 1 && length === 0
      for (const job of jobs.splice(0)) {
        if (reasons.has(job)) job.fail(reasons.get(job))
        else if (told) job.fail(endedForAnother())
        else if (quiet) job.giveBack()
        else job.fail(workerDied(exit, forwarding?.tail() ?? '', length))
      }
      gone()
    }
    // Nobody waits for a reader of stderr when the worker was ended by us.
    if (forwarding === undefined || (told && forwarding.held())) settle()
    else forwarding.finish(settle)
  }

  let cancelClose = () => {}

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
    room: () => (isOpen() && held === undefined ? (answers === 0 ? 1 : pipeline) - jobs.length : 0),
    load: () => jobs.length,
    give(job) {
      jobs.push(job)
      lastNumber = job.line.number
      givenAt = clock.now()
      write(job.line.bytes)
    },
    abort(job, reason) {
      // An answer that is there counts.
      if (jobs.includes(job)) stop(job, answers > 0 || length > 0 ? reason : addHint(reason))
    },
    close() {
      if (state !== 'open') return
      state = 'closing'
      child?.stdin.end()
      cancelClose = clock.after(options.killAfter, end)
    },
    end,
  }
}
