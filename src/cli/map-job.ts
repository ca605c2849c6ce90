import type { Call } from '../calls/call.js'
import { withCallEvents } from '../calls/with-events.js'
import { withRetry } from '../calls/with-retry.js'
import { withTimeout } from '../calls/with-timeout.js'
import { backoff } from '../core/backoff.js'
import { matchesFailure } from '../core/failure-pattern.js'
import type { Context, Processor } from '../core/processor.js'
import { createDryRun } from '../processors/dry-run.js'
import { createMap } from '../processors/map.js'
import { createPrepare } from '../processors/prepare.js'
import { keep, putInto, replace } from '../processors/shape.js'
import { stopAtOutage } from '../processors/stop-at-outage.js'
import { UsageError } from './definition.js'
import type { MapFlags } from './map-options.js'
import { commandMode } from './modes/command.js'
import type { Mode } from './modes/mode.js'
import type { Shared } from './stream.js'

/** The way the flags ask for: all that is wrong with it is found out before anything is read. */
export const chooseMode = (flags: MapFlags, rest: readonly string[] | undefined, command: string): Mode => {
  if (rest === undefined || rest.length === 0) {
    throw new UsageError(`No COMMAND is given: put it behind --, as in: streamz ${command} -- ./enrich.sh {.id}`)
  }
  return commandMode(rest, flags)
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
  { wrap = call => call, keepsFailures = flags.dlq !== undefined }: MapJobOptions = {},
): ((shared: Shared, context: Context) => Processor) => {
  if (flags.dryRun) return (_, context) => createDryRun({ describe: mode.describe }, context)
  return (shared, outer) => {
    const context = keepsFailures && flags.dlqOutage === 'on' ? stopAtOutage(outer) : outer
    const { clock, event } = context
    const { retryOn } = flags
    const attempt = withTimeout(withCallEvents(mode.create(shared, context), clock, event), flags.timeout, clock)
    const call = withRetry(wrap(attempt, context, shared), {
      retries: flags.retries,
      backoff: failed => backoff(flags.backoff, failed, Math.random),
      ...(retryOn === undefined ? {} : { retryOn: failure => matchesFailure(retryOn, failure) }),
      recordDeadline: flags.recordDeadline,
      clock,
      onRetry: ({ line, attempt: number, wait, failure }) =>
        event('retry', { line, attempt: number, wait, kind: failure.kind }),
    })
    const processor = createMap(
      {
        call,
        id: shared.id,
        concurrency: flags.concurrency,
        order: flags.orderBy === undefined ? flags.order : 'completion',
        window: flags.orderWindow ?? 4 * flags.concurrency,
        prepare: createPrepare(flags.into !== undefined || flags.keep === true, flags.orderBy),
        shape: flags.into !== undefined ? putInto(flags.into) : flags.keep ? keep : replace,
      },
      context,
    )
    return {
      ...processor,
      async end() {
        await processor.end?.()
        await mode.close?.()
      },
    }
  }
}
