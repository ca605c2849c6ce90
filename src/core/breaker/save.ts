import type { Breaker } from './model.js'
import { configOf } from './options.js'
import { untilOf } from './state.js'
import { bucketsOf, outcomesOf } from './window.js'

/** Version of the state file's format. */
export const stateVersion = 1

/** Who wrote a state file. */
export type Writer = {
  readonly host: string
  readonly pid: number
  /** Wall clock milliseconds. */
  readonly started: number
  readonly version: string
}

/** The circuit as JSON for a file: at most about 8 KiB. */
export const save = (breaker: Breaker, writer: Writer, now: number): string =>
  JSON.stringify(stateOf(breaker, writer, now))

/** The circuit as the object that a state file holds. */
export const stateOf = (breaker: Breaker, writer: Writer, now: number): Readonly<Record<string, unknown>> => {
  const { options, machine, counters, errors, foreign } = breaker
  const own = configOf(options)
  const window = {
    bucket_ms: breaker.window.shape.width,
    buckets: bucketsOf(breaker.window),
    last: outcomesOf(breaker.window),
    began: breaker.window.length > 0 ? breaker.window.began : 0,
  }
  return {
    v: stateVersion,
    name: options.name,
    rev: breaker.rev + 1,
    gen: machine.generation,
    state: machine.state,
    since: machine.since,
    ...(machine.began === undefined ? {} : { began: machine.began }),
    until: machine.state === 'open' ? machine.until : untilOf(machine),
    ...(machine.state === 'open' && machine.asked ? { asked: true } : {}),
    reopened: machine.reopened,
    reason: machine.reason,
    override: machine.override,
    window: foreign?.window ?? window,
    probe: {
      need: options.probes,
      ok: machine.state === 'half_open' ? machine.succeeded : 0,
      lease: machine.state === 'half_open' ? machine.lease : null,
    },
    streak: breaker.streak,
    counters,
    errors,
    config: foreign?.config ?? own,
    ...(breaker.settings === undefined ? {} : { settings: breaker.settings }),
    writer: { ...writer, settings: own },
    updated: now,
  }
}
