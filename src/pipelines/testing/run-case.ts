import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseExitCode, exitCodes } from '../../cli/exit-codes.js'
import type { Messages } from '../../cli/messages.js'
import { toJsonStrings, toText } from '../../cli/stream/raw-records.js'
import { StartError, UsageError } from '../../cli/usage-error.js'
import { createFakeClock, type FakeClock } from '../../core/clock.js'
import { Output } from '../../core/io/output.js'
import { outletOf, type Run, type StopReason, startRun } from '../../core/run.js'
import type { FailureSink } from '../../core/stage.js'
import type { DeadLetters } from '../../stores/dead-letters/append.js'
import { type JobStep, listSteps } from '../file/job-step.js'
import type { Job } from '../file/read-job.js'
import { listBranchFiles } from '../running/branch-files.js'
import { chooseJobExit } from '../running/choose-job-exit.js'
import { countOfAll } from '../running/count-of-all.js'
import { driveLine, envelopeOf, messagesOf, nowhere, type StepOutfit } from '../running/drive-step.js'
import { lettersOf } from '../running/open-letters.js'
import { createFakes, type StepFakes } from './create-fakes.js'
import { passTime } from './pass-time.js'
import type { Case } from './read-suite.js'

/** What a job did in a test. */
export type TestOutcome = {
  readonly output: readonly string[]
  /** Those of the branches that end in a file, by branch. */
  readonly outputs: ReadonlyMap<string, readonly string[]>
  /** The failure records, with the file that would have kept each of them. */
  readonly failures: readonly Readonly<Record<string, unknown>>[]
  readonly exit: number
  readonly fakes: ReadonlyMap<string, StepFakes>
  /** The state file of each step that has one, parsed. */
  readonly states: ReadonlyMap<string, unknown>
  /** Milliseconds of the fake clock. */
  readonly elapsed: number
  /** Steps and branches that saw no record, in words. */
  readonly unreached: readonly string[]
  /** Messages of the job. */
  readonly said: readonly string[]
  /** What kept it from ending. */
  readonly stuck: string | undefined
}

/** Runs a job on a fake clock with its input, output, files and calls replaced. */
export const runCase = async (job: Job, given: Case): Promise<TestOutcome> => {
  const folder = mkdtempSync(join(tmpdir(), 'streamz-test-'))
  try {
    return await runIn(folder, job, given)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const runIn = async (folder: string, job: Job, given: Case): Promise<TestOutcome> => {
  const clock = createFakeClock(undefined, { isSteady: true })
  const { options } = job
  const said: string[] = []
  const silent = openSync('/dev/null', 'w')
  const messages = quietMessages(silent, said)
  const places = new Map<string, string>()
  const shared = new Map<string, string>()
  const trunk = moveLine(job.trunk, step => moveFiles(step, folder, shared, places))
  const steps = listSteps(trunk)
  for (const [name, value] of given.state) {
    if (steps.find(step => step.name === name)?.stage.finish !== undefined) {
      throw new UsageError(`state: ${name}: its state is not text and cannot be given in a test`)
    }
    const place = places.get(name)
    if (place !== undefined) writeFileSync(place, typeof value === 'string' ? value : `${JSON.stringify(value)}\n`)
  }
  for (const [name, value] of job.variables) process.env[name] = value
  const input = join(folder, 'input.ndjson')
  writeFileSync(input, given.input.map(line => `${line}\n`).join(''))
  const output = openTestOutput(join(folder, 'output.ndjson'))
  const ends = new Map(
    listBranchFiles(job).map(({ name }) => [name, openTestOutput(join(folder, `${name}.branch.ndjson`))] as const),
  )
  const outputs = [output, ...ends.values()]
  const fakes = new Map(
    steps.map(step => [step.name, createFakes(given.calls.get(step.name)?.fakes ?? [], clock, folder)] as const),
  )
  const failures: Readonly<Record<string, unknown>>[] = []
  const blamed = new Set<string>()
  const rawInput = options.rawInput === true
  const completions: (() => void)[] = []
  // Others look for programs and secrets, which a test does without.
  for (const { stage } of steps) if (stage.finish !== undefined) await stage.begin?.()
  let run: Run | undefined
  const started = clock.now()
  const reached = new Set<string>()
  const outfit = (step: JobStep): StepOutfit => {
    const isText = rawInput && step === steps[0]
    return {
      failures: collect(step, clock, isText, failures),
      event: (_, facts) => noteReached(facts?.branches, reached),
      tooManyFailures: countOfAll(options, () => run),
      before: isText ? toJsonStrings(options.maxLine) : undefined,
      messages: messagesOf(step, messages),
      deadLetters: step.stage.deadLetters === undefined ? undefined : collectLetters(),
      isText,
      blame: () => void blamed.add(step.name),
      rehearsal: fakes.get(step.name) as StepFakes,
      onComplete: taken => void completions.push(taken),
    }
  }
  const after = options.rawOutput ? toText : undefined
  run = startRun({
    files: [input],
    stages: driveLine(trunk, outfit, ({ name }) => {
      const end = ends.get(name)
      return end === undefined ? nowhere : outletOf(end.output, after)
    }),
    output: output.output,
    otherOutputs: [...ends.values()].map(end => end.output),
    clock,
    maxLine: options.maxLine,
    recogniseFailures: options.failuresIn && !rawInput,
    blanks: rawInput,
    after,
  })
  watchDeadline(run, clock, options)
  const isBusy = () => [...fakes.values()].some(one => one.isBusy)
  let reason: StopReason | undefined
  let refused: number | undefined
  const finished = run.finished.then(
    ended => {
      reason = ended
    },
    (error: unknown) => {
      if (!(error instanceof UsageError || error instanceof StartError)) throw error
      said.push(error.message)
      refused = error instanceof StartError ? error.exit : exitCodes.usage.code
    },
  )
  const stuck = await passTime(finished, clock, isBusy)
  if (stuck === undefined) await finished
  else run.kill()
  for (const one of outputs) {
    await one.output.flush()
    one.output.close()
  }
  if (stuck === undefined && reason === undefined) for (const complete of completions) complete()
  for (const { stage } of steps) await stage.finish?.()
  for (const { fd } of outputs) closeSync(fd)
  const { ledgers } = run
  let exit = refused ?? chooseJobExit({ steps, ledgers, blamed, reason })
  if (stuck === undefined) {
    for (const step of steps) {
      exit = chooseExitCode([exit, (await step.stage.outputs?.settle(exit, messagesOf(step, messages))) ?? exit])
    }
  }
  closeSync(silent)
  return {
    output: output.read(),
    outputs: new Map([...ends].map(([name, end]) => [name, end.read()])),
    failures,
    exit,
    fakes,
    states: readStates(places),
    elapsed: Math.round(clock.now() - started),
    unreached: [
      ...steps.flatMap(({ name }, index) => (ledgers[index]?.lines === 0 ? [`step ${name}`] : [])),
      ...job.branches.flatMap(({ name, steps }) => (steps.length > 0 || reached.has(name) ? [] : [`branch ${name}`])),
    ],
    said,
    stuck,
  }
}

const openTestOutput = (path: string) => {
  const fd = openSync(path, 'w')
  return { fd, output: new Output(fd), read: () => readFileSync(path, 'utf8').split('\n').slice(0, -1) }
}

const noteReached = (branches: unknown, reached: Set<string>): void => {
  for (const [name, count] of Object.entries(branches ?? {})) if (Number(count) > 0) reached.add(name)
}

const moveLine = (line: readonly JobStep[], move: (step: JobStep) => JobStep): readonly JobStep[] =>
  line.map(step => ({
    ...move(step),
    branches: step.branches.map(branch => ({ ...branch, steps: moveLine(branch.steps, move) })),
  }))

const quietMessages = (fd: number, said: string[]): Messages => ({
  output: new Output(fd),
  isTerminal: false,
  error: text => void said.push(text),
  warn: text => void said.push(text),
  note: text => void said.push(text),
  alarm: text => text,
})

/** Everything that the step would write lies in the folder of the test; what steps share, they share there too. */
const moveFiles = (
  step: JobStep,
  folder: string,
  shared: Map<string, string>,
  places: Map<string, string>,
): JobStep => {
  // These files are moved when they are opened: names of many follow from the records.
  if (step.stage.outputs !== undefined) return step
  const moved: Record<string, string> = {}
  for (const [flag, path] of Object.entries(step.stage.writes ?? {})) {
    if (path === undefined) continue
    const place = shared.get(path) ?? join(folder, `${shared.size}${flag}.json`)
    shared.set(path, place)
    moved[flag] = place
    // A folder of states, one for each key.
    if (step.words.flags.some(word => word.startsWith('--breaker-key=')) && flag === '--state')
      mkdirSync(place, { recursive: true })
    if (!places.has(step.name)) places.set(step.name, place)
  }
  return Object.keys(moved).length === 0 ? step : { ...step, stage: step.prepareWith(moved) }
}

const collect = (
  step: JobStep,
  clock: FakeClock,
  isText: boolean,
  failures: Readonly<Record<string, unknown>>[],
): FailureSink => {
  const envelope = envelopeOf(step, clock, isText)
  return {
    put(rejected, receipt) {
      const { error, ...rest } = JSON.parse(envelope(rejected).toString())
      failures.push({ ...rest, ...error, step: step.name, kept: lettersOf(step) ?? null })
      receipt.delivered(1)
    },
    flush() {},
  }
}

const collectLetters = (): DeadLetters => ({
  append: (lines, receipt) => receipt.delivered(lines.length),
  flush() {},
  abandon() {},
  async close() {},
})

const watchDeadline = (run: Run, clock: FakeClock, { deadline, drain }: Job['options']): void => {
  if (deadline === undefined) return
  clock.after(deadline, () => {
    run.stop({ why: 'deadline' })
    clock.after(drain, () => run.kill())
  })
}

const readStates = (places: ReadonlyMap<string, string>): ReadonlyMap<string, unknown> =>
  new Map(
    [...places].flatMap(([name, place]) => {
      try {
        return [[name, JSON.parse(readFileSync(place, 'utf8'))] as const]
      } catch {
        return []
      }
    }),
  )
