import { createAttempts, isPassing } from '../../calls/attempts/create-attempts.js'
import { createEntrance } from '../../calls/attempts/entrance.js'
import type { Guard } from '../../calls/attempts/guard.js'
import { createPatience, type HoldUp, type Patience } from '../../calls/attempts/patience.js'
import { createPauses, type Pauses, type PausesOptions } from '../../calls/attempts/pauses.js'
import { refuseIfAborted } from '../../calls/attempts/refuse-if-aborted.js'
import { Refused } from '../../calls/attempts/refused.js'
import { createRoom } from '../../calls/attempts/room.js'
import { createSilence, type Silence } from '../../calls/silence.js'
import { flagOf } from '../../cli/flag-of.js'
import { requireId } from '../../cli/stream/raw-records.js'
import type { Shared } from '../../cli/stream/stage.js'
import { UsageError } from '../../cli/usage-error.js'
import { Failure } from '../../core/failure.js'
import { formatDuration } from '../../core/format-duration.js'
import type { Line } from '../../core/lines.js'
import type { Context, Processor } from '../../core/processor.js'
import { backoff } from '../../core/rules/backoff.js'
import { matchesFailure } from '../../core/rules/failure-pattern.js'
import { createDryRun } from '../../processors/map/dry-run.js'
import { createPrepare } from '../../processors/map/prepare.js'
import { putInto } from '../../processors/map/put.js'
import type { SlowWay } from '../../processors/map/runs.js'
import { keep, pass, replace, replaceTogether, type Shape } from '../../processors/map/shape.js'
import { stopAtOutage } from '../../processors/map/stop-at-outage.js'
import { createMap } from '../../processors/map.js'
import { httpFlags } from './http-options.js'
import type { MapJournal } from './journal/prepare.js'
import { commandMode } from './modes/command.js'
import { httpMode } from './modes/http.js'
import type { Mode } from './modes/mode.js'
import { scriptMode } from './modes/script.js'
import { standIn } from './modes/stand-in.js'
import { workerMode } from './modes/worker.js'
import { concurrencyOf, isPacked, type MapFlags } from './options.js'
import { createRunRates, type RunRates } from './rates.js'

/** The way the flags ask for: all that is wrong with it is found out before anything is read. */
export const chooseMode = (flags: MapFlags, rest: readonly string[] | undefined, command: string): Mode => {
  refuseTwoWays(flags)
  refuseRetryAfter(flags)
  if (flags.http !== undefined) {
    if (rest !== undefined) throw new UsageError('Both --http and a COMMAND were given, expected only one of them')
    return httpMode(flags.http, flags)
  }
  refuseHttpOptions(flags)
  if (flags.js !== undefined || flags.module !== undefined) {
    if (rest !== undefined) throw new UsageError('--js and --module do not run a COMMAND; use one or the other')
    return scriptMode(flags)
  }
  if (rest === undefined || rest.length === 0) {
    throw new UsageError(`No COMMAND was given: put it after --, as in: streamz ${command} -- ./enrich.sh {.id}`)
  }
  return flags.worker ? workerMode(rest, flags) : commandMode(rest, flags)
}

const refuseTwoWays = (flags: MapFlags): void => {
  const [first, second] = (['http', 'js', 'module', 'worker'] as const).filter(name => flags[name] !== undefined)
  if (first !== undefined && second !== undefined) {
    throw new UsageError(`--${first} and --${second} cannot be used together: both say how a record is processed`)
  }
  if (flags.pipeline !== undefined && !flags.worker) {
    throw new UsageError('--pipeline needs --worker: only a long-lived COMMAND can have several records in flight')
  }
  const isScript = flags.js !== undefined || flags.module !== undefined
  if (flags.startTimeout !== undefined && !flags.worker && !isScript) {
    throw new UsageError('--start-timeout needs --worker, --js or --module: only these are started for many records')
  }
  if (flags.maxHeap !== undefined && !isScript) {
    throw new UsageError('--max-heap needs --js or --module: it limits the memory of a script')
  }
  if (flags.correlate !== undefined && !flags.worker) {
    throw new UsageError('--correlate needs --worker: only a long-lived COMMAND can mix up its answers')
  }
}

const refuseRetryAfter = ({ retryAfter, http, js, module, worker }: MapFlags): void => {
  if (retryAfter === undefined || !(http ?? js ?? module ?? worker)) return
  throw new UsageError(
    '--retry-after reads the output of a COMMAND: responses, workers and scripts have their own ways to say it',
  )
}

const refuseHttpOptions = (flags: MapFlags): void => {
  const lost = httpFlags.find(name => flags[name] !== undefined)
  if (lost === undefined) return
  throw new UsageError(`${flagOf(lost)} is about a request: it needs --http URL`)
}

export type MapJobOptions = {
  /** A circuit breaker, and whom it watches: all alike unless given. */
  readonly breaker?: { readonly guard: Guard; readonly keyOf?: (line: Line) => string }
  /** Ends the run when services hold it up too long; by `--max-pause` unless given. */
  readonly patience?: Patience
  /** Makes the pauses that services ask for; those of this run alone unless given. */
  readonly createPauses?: (options: PausesOptions) => Pauses
  readonly journal?: MapJournal | undefined
  /** Failures are kept to be tried again, so an outage must not fill the file: `--dlq` unless given. */
  readonly keepsFailures?: boolean
}

/** A `map` processor as the flags describe it. */
export const prepareMap = (
  real: Mode,
  flags: MapFlags,
  {
    breaker,
    patience: ownPatience,
    createPauses: create = createPauses,
    journal,
    keepsFailures = flags.dlq !== undefined,
  }: MapJobOptions = {},
): ((shared: Shared, context: Context) => Processor) => {
  if (flags.dryRun) {
    const options = { describe: real.describe, prepare: prepareRecords(flags), batch: flags.batch === true }
    return (_, context) => createDryRun(options, context)
  }
  const createUsual = (mode: Mode, shared: Shared, context: Context, silence: Silence | undefined) => {
    const { clock, event, stopping } = context
    const patience = ownPatience ?? createMapPatience(flags, shared, context)
    const pauses = create({ clock, stopping, patience })
    const serviceOf = breaker?.keyOf ?? mode.serviceOf ?? (() => '')
    const { rates, ...runRates } = createRunRates(flags, shared, context)
    const entrance = createRoom(
      createEntrance({ clock, serviceOf, pauses, patience, breaker: breaker?.guard, rates }),
      stopping,
    )
    const giveUpOn = (failure: Failure) => flags.noRetryOn !== undefined && matchesFailure(flags.noRetryOn, failure)
    const call = createAttempts(mode.create(shared, context), {
      timeout: mode.keepsTime ? 0 : flags.timeout,
      retries: flags.retries ?? mode.retries ?? 0,
      backoff: failed => backoff(flags.backoff, failed, Math.random),
      retryOn: chooseRetries(flags),
      recordDeadline: flags.recordDeadline,
      clock,
      guard: asking(mode.load === undefined ? entrance : loaded(mode.load, entrance, context), shared.mayCall),
      patience,
      giveUpOn,
      onRetry: ({ line, attempt, wait, failure }) => event('retry', { line, attempt, wait, kind: failure.kind }),
      onCall: ms => event('call', { ms }),
      silence,
    })
    const concurrency = concurrencyOf(flags) * (mode.inFlight ?? 1)
    const processor = createMap(
      {
        call,
        id: flags.idempotencyKey && flags.id !== undefined ? requireId(flags.id) : shared.id,
        concurrency,
        retryBudget: flags.retryBudget,
        order: flags.orderBy === undefined ? flags.order : 'completion',
        batch: flags.batch === true,
        maxLine: flags.maxLine,
        window: flags.orderWindow ?? 4 * concurrency,
        prepare: prepareRecords(flags),
        shape: chooseShape(flags),
        book: journal?.createBook(shared, context),
      },
      context,
    )
    /** A record that was called without leave and refused; undefined when the user does not want to wait for such. */
    const refused: SlowWay['refused'] = (line, failure, record) => {
      if (giveUpOn(failure)) return undefined
      const service = serviceOf(line)
      pauses.refuse(service, 0, failure.facts.retryAfter)
      event('retry', { line: line.number, attempt: 0, wait: pauses.left(service), kind: failure.kind })
      return call(line, record)
    }
    return { processor, runRates, refused }
  }

  return (shared, outer) => {
    const mode = standIn(real, flags, shared)
    const context = keepsFailures && flags.dlqOutage === 'on' ? stopAtOutage(outer) : outer
    const silence = shared.rehearsal === undefined ? createMapSilence(mode, flags, context) : undefined
    const fast =
      breaker === undefined && journal === undefined && isPlain(flags)
        ? mode.createFast?.(shared, context, inner => createUsual(mode, shared, inner, silence), silence)
        : undefined
    if (fast !== undefined) return finish(mode, fast, silence)
    const { processor, runRates } = createUsual(mode, shared, context, silence)
    return finish(mode, processor, silence, runRates)
  }
}

const chooseShape = (flags: MapFlags): Shape => {
  if (flags.into !== undefined) return putInto(flags.into)
  if (flags.pass) return pass
  if (isPacked(flags)) return replaceTogether
  return flags.keep ? keep : replace
}

/** The results of a batch are put into its items, not into the array. */
const prepareRecords = ({ batch, into, keep: kept, orderBy }: MapFlags) =>
  createPrepare({ into: batch ? undefined : into, keep: kept === true && !batch, orderBy })

/** Gives no leave any more once no call may be made. */
const asking = (guard: Guard, mayCall: Shared['mayCall']): Guard => {
  if (mayCall === undefined) return guard
  return async (line, attempt, others) => {
    const leave = await guard(line, attempt, others)
    if (mayCall()) return leave
    const failure = new Failure('cancelled', 'transient', 'Cancelled before the call was made')
    await leave(failure)
    throw new Refused(failure)
  }
}

/** Waits until calls can be made before anything else starts. */
const loaded =
  (load: NonNullable<Mode['load']>, guard: Guard, run: Context): Guard =>
  (line, attempt) => {
    const loading = load(run)
    if (loading === undefined) return guard(line, attempt)
    return loading.then(() => {
      refuseIfAborted([attempt.killing, run.stopping])
      return guard(line, attempt)
    })
  }

/** Tells when calls are running and none has been answered for a while. */
const createMapSilence = ({ doubt }: Mode, { timeout }: MapFlags, { clock, event }: Context): Silence =>
  createSilence({
    clock,
    first: doubt === undefined ? Math.max(worthANotice, timeout) : worthANotice,
    // Calls that are allowed to take long are no reason to worry.
    later: Math.max(worthANotice, timeout),
    onQuiet: (ms, { running, haveAnswered }) =>
      event('quiet', {
        what: doubt?.of ?? 'any call',
        why:
          haveAnswered || doubt === undefined
            ? `although ${running === 1 ? 'one is' : `${running} are`} running`
            : doubt.why,
        ms,
      }),
    onAnswer: () => event('answered'),
  })

/** Shorter times without an answer are not reported, in milliseconds. */
const worthANotice = 30_000

/** How long records may be held up by pauses and an open circuit, as the flags say. */
export const createMapPatience = (
  { maxPause }: MapFlags,
  { messages }: Shared,
  { clock, stop, event }: Context,
): Patience => {
  let told = 0
  let last: { readonly by: HoldUp; readonly due: number | undefined } | undefined
  return createPatience({
    maxPause,
    clock,
    stop,
    onHeld(until, by) {
      const ms = (until ?? 0) - clock.now()
      const due = by.due()
      // Each record that comes to wait asks for a look.
      if (last?.by !== by || last.due !== due) event('waiting', { ...by.tell(), until: due })
      last = { by, due }
      // One pause is one line, though it may grow a little with each answer that was under way.
      if (until === undefined || ms < worthALine || until < told + worthALine) return
      told = until
      messages.note(`All records wait for ${formatDuration(Math.ceil(ms / 1000) * 1000)}: the service asked for it`)
    },
    onFree() {
      last = undefined
      event('moving')
    },
  })
}

/** Shorter pauses are not reported, in milliseconds. */
const worthALine = 5000

const chooseRetries =
  ({ retryOn, noRetryOn }: MapFlags) =>
  (failure: Failure): boolean =>
    ((!retryOn?.replaces && isPassing(failure)) || (retryOn !== undefined && matchesFailure(retryOn, failure))) &&
    !(noRetryOn !== undefined && matchesFailure(noRetryOn, failure))

/** Each record is tried once, on its own, and its result takes its place. */
const isPlain = ({ rate, retries = 0, recordDeadline, orderBy, into, keep: kept, batch }: MapFlags): boolean =>
  rate === undefined &&
  !batch &&
  retries === 0 &&
  recordDeadline === 0 &&
  orderBy === undefined &&
  into === undefined &&
  kept === undefined

const finish = (
  mode: Mode,
  processor: Processor,
  silence: Silence | undefined,
  rates?: Pick<RunRates, 'start' | 'close'>,
): Processor => ({
  ...processor,
  async start() {
    await rates?.start()
    await mode.start?.()
  },
  async end() {
    await processor.end?.()
    silence?.close()
    await rates?.close()
    await mode.close?.()
  },
})
