import { refuseIfAborted } from '../../calls/attempts/refuse-if-aborted.js'
import { withCallEvents } from '../../calls/attempts/with-events.js'
import { isPassing, withRetry } from '../../calls/attempts/with-retry.js'
import { withRetryBudget } from '../../calls/attempts/with-retry-budget.js'
import { withTimeout } from '../../calls/attempts/with-timeout.js'
import type { Call } from '../../calls/call.js'
import { createRoom } from '../../calls/room.js'
import { requireId } from '../../cli/stream/raw-records.js'
import type { Shared } from '../../cli/stream/stage.js'
import { UsageError } from '../../cli/usage-error.js'
import type { Failure } from '../../core/failure.js'
import type { Context, Processor } from '../../core/processor.js'
import { backoff } from '../../core/rules/backoff.js'
import { matchesFailure } from '../../core/rules/failure-pattern.js'
import { createRetryBudget } from '../../core/rules/retry-budget.js'
import { createDryRun } from '../../processors/map/dry-run.js'
import { createPrepare } from '../../processors/map/prepare.js'
import { putInto } from '../../processors/map/put.js'
import { keep, replace } from '../../processors/map/shape.js'
import { stopAtOutage } from '../../processors/map/stop-at-outage.js'
import { createMap } from '../../processors/map.js'
import { httpFlags } from './http-options.js'
import { commandMode } from './modes/command.js'
import { httpMode } from './modes/http.js'
import type { Mode } from './modes/mode.js'
import { scriptMode } from './modes/script.js'
import { workerMode } from './modes/worker.js'
import { concurrencyOf, type MapFlags } from './options.js'

/** The way the flags ask for: all that is wrong with it is found out before anything is read. */
export const chooseMode = (flags: MapFlags, rest: readonly string[] | undefined, command: string): Mode => {
  refuseTwoWays(flags)
  if (flags.http !== undefined) {
    if (rest !== undefined) throw new UsageError('Both --http and a COMMAND are given, expected one of them')
    return httpMode(flags.http, flags)
  }
  refuseHttpOptions(flags)
  if (flags.js !== undefined || flags.module !== undefined) {
    if (rest !== undefined) throw new UsageError('--js and --module make no call of a COMMAND: give one or the other')
    return scriptMode(flags)
  }
  if (rest === undefined || rest.length === 0) {
    throw new UsageError(`No COMMAND is given: put it behind --, as in: streamz ${command} -- ./enrich.sh {.id}`)
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
  if (flags.correlate !== undefined && !flags.worker) {
    throw new UsageError('--correlate needs --worker: only a long-lived COMMAND can mix up its answers')
  }
}

const refuseHttpOptions = (flags: MapFlags): void => {
  const lost = httpFlags.find(name => flags[name] !== undefined)
  if (lost === undefined) return
  const flag = lost.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  throw new UsageError(`--${flag} is about a request: it needs --http URL`)
}

export type MapJobOptions = {
  /** Wraps each attempt, inside the retries: a circuit breaker does. */
  readonly wrap?: (call: Call, context: Context, shared: Shared) => Call
  /** Failures are kept to be tried again, so an outage must not fill the file: `--dlq` unless given. */
  readonly keepsFailures?: boolean
}

/** A `map` processor as the flags describe it. From outside in: order, retry, `wrap`, timeout, call. */
export const prepareMap = (
  mode: Mode,
  flags: MapFlags,
  { wrap, keepsFailures = flags.dlq !== undefined }: MapJobOptions = {},
): ((shared: Shared, context: Context) => Processor) => {
  if (flags.dryRun) {
    const options = { describe: mode.describe, prepare: prepareRecords(flags), batch: flags.batch === true }
    return (_, context) => createDryRun(options, context)
  }
  return (shared, outer) => {
    const context = keepsFailures && flags.dlqOutage === 'on' ? stopAtOutage(outer) : outer
    if (mode.createFast !== undefined && wrap === undefined && isPlain(flags)) {
      return finish(mode, mode.createFast(shared, context))
    }
    const { clock, event } = context
    const room = createRoom(context.stopping)
    const attempt = withTimeout(withCallEvents(mode.create(shared, context), clock, event), flags.timeout, clock)
    const wrapped = room.await(wrap === undefined ? room.take(attempt) : wrap(room.take(attempt), context, shared))
    const retried = withRetry(mode.admit === undefined ? wrapped : admitted(wrapped, mode.admit, context), {
      retries: flags.retries ?? mode.retries ?? 0,
      backoff: failed => backoff(flags.backoff, failed, Math.random),
      retryOn: chooseRetries(flags),
      recordDeadline: flags.recordDeadline,
      clock,
      onRetry: ({ line, attempt: number, wait, failure }) =>
        event('retry', { line, attempt: number, wait, kind: failure.kind }),
    })
    const concurrency = concurrencyOf(flags) * (mode.inFlight ?? 1)
    const call = withRetryBudget(retried, createRetryBudget(flags.retryBudget.share, flags.retryBudget.floor))
    const processor = createMap(
      {
        call,
        wasCalled: room.wasCalled,
        id: flags.idempotencyKey && flags.id !== undefined ? requireId(flags.id) : shared.id,
        concurrency,
        order: flags.orderBy === undefined ? flags.order : 'completion',
        batch: flags.batch === true,
        window: flags.orderWindow ?? 4 * concurrency,
        prepare: prepareRecords(flags),
        shape: flags.into !== undefined ? putInto(flags.into) : flags.keep ? keep : replace,
      },
      context,
    )
    return finish(mode, processor)
  }
}

/** The results of a batch are put into its items, not into the array. */
const prepareRecords = ({ batch, into, keep: kept, orderBy }: MapFlags) =>
  createPrepare({ into: batch ? undefined : into, keep: kept === true && !batch, orderBy })

/** Waits for leave before each attempt, outside of its timeout. */
const admitted =
  (call: Call, admit: NonNullable<Mode['admit']>, run: Context): Call =>
  (line, context) => {
    const waiting = admit(line, context, run)
    if (waiting === undefined) return call(line, context)
    return waiting.then(() => {
      refuseIfAborted([context.killing, run.stopping])
      return call(line, context)
    })
  }

const chooseRetries =
  ({ retryOn, noRetryOn }: MapFlags) =>
  (failure: Failure): boolean =>
    (retryOn === undefined ? isPassing(failure) : matchesFailure(retryOn, failure)) &&
    !(noRetryOn !== undefined && matchesFailure(noRetryOn, failure))

/** Each record is tried once, on its own, and its result takes its place. */
const isPlain = ({ retries = 0, recordDeadline, orderBy, into, keep: kept, batch }: MapFlags): boolean =>
  !batch && retries === 0 && recordDeadline === 0 && orderBy === undefined && into === undefined && kept === undefined

const finish = (mode: Mode, processor: Processor): Processor => ({
  ...processor,
  start: () => mode.start?.(),
  async end() {
    await processor.end?.()
    await mode.close?.()
  },
})
