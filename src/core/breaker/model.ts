import { type BreakerConfig, type BreakerOptions, configOf } from './options.js'
import type { SeenError } from './seen-errors.js'
import { type Effect, type Machine, noEffects, type Reason } from './state.js'
import { type Bucket, clearWindow, createWindow, type OutcomeWindow } from './window.js'
import { shapeOf } from './window-shape.js'

export type Counters = { ok: number; fail: number; rejected: number; late: number }

/** Outcomes that one process gathered and has yet to merge into the shared state. */
export type Delta = {
  /** The generation they were admitted in. */
  generation: number
  readonly window: OutcomeWindow
  readonly counters: Counters
  readonly errors: SeenError[]
  /** Failures in a row: those after the last end of a row, or all of them. */
  streak: number
  /** Whether a row was ended, by a success for example. */
  endsStreak: boolean
  /** Why this process alone would open. */
  trip: Reason | null
}

/** Whether a call may be made. `until`: when asking again is worth it at the latest. */
export type Admission =
  | { readonly kind: 'call'; readonly generation: number; readonly effects: readonly Effect[] }
  | { readonly kind: 'probe'; readonly generation: number; readonly until: number; readonly effects: readonly Effect[] }
  | { readonly kind: 'wait'; readonly until: number; readonly effects: readonly Effect[] }
  /** Only from a view: a probe is due, the shared state must be asked under its lock. */
  | { readonly kind: 'due'; readonly effects: readonly Effect[] }

/**
 * One circuit: where it stands and the outcomes that decide. No clock, no promise, no file in it; changed in place by
 * the functions below, because a call that is let through must cost nothing.
 */
export type Breaker = {
  readonly options: BreakerOptions
  machine: Machine
  window: OutcomeWindow
  counters: Counters
  errors: SeenError[]
  /** Failures in a row up to now: no time is in it. */
  streak: number
  /** How often the state was saved. */
  rev: number
  /** When it was saved last; 0: never. */
  updated: number
  /** The generation whose results are simply counted; 0 while there is more to it. */
  counting: number
  /** The answer of `admit` while closed, made once. */
  call: Admission | undefined
  /** The answer of `admit` while it is always the same one: ask without reading the clock. */
  pass: Admission | undefined
  /** Makes this the view of one process on a shared state: it gathers outcomes and leaves changes of state to `merge`. */
  delta: Delta | undefined
  /** The window in the state file was kept under other settings: passed on as it is, only changes of state are shared. */
  foreign: ForeignWindow | undefined
  /** The settings by which it changed its state last. */
  settings: BreakerConfig | undefined
}

export type ForeignWindow = {
  readonly window: {
    readonly bucket_ms: number
    readonly buckets: readonly Bucket[]
    readonly last: readonly (readonly [number, number])[]
    /** When the first call of the window began. */
    readonly began: number
  }
  readonly config: BreakerConfig
}

/** A circuit in a given state, without outcomes. */
export const createBreaker = (options: BreakerOptions, machine: Machine, delta?: Delta): Breaker => ({
  options,
  machine,
  window: createWindow(shapeOf(options)),
  counters: { ok: 0, fail: 0, rejected: 0, late: 0 },
  errors: [],
  streak: 0,
  rev: 0,
  updated: 0,
  ...answersOf(options, machine),
  delta,
  foreign: undefined,
  settings: undefined,
})

/** Puts a new state in place; a closed one starts with an empty window. */
export const become = (breaker: Breaker, machine: Machine): void => {
  if (breaker.machine === machine) return
  const changed = breaker.machine.generation !== machine.generation
  breaker.machine = machine
  Object.assign(breaker, answersOf(breaker.options, machine))
  if (!changed || breaker.delta !== undefined) return
  breaker.settings = configOf(breaker.options)
  if (machine.state !== 'closed') return
  clearWindow(breaker.window)
  breaker.streak = 0
  breaker.foreign = undefined
}

const answersOf = (
  { slow }: BreakerOptions,
  { state, override, generation }: Machine,
): Pick<Breaker, 'counting' | 'call' | 'pass'> => {
  if (state !== 'closed' || override !== null) return { counting: 0, call: undefined, pass: undefined }
  const call = { kind: 'call', generation, effects: noEffects } as const
  return { counting: generation, call, pass: slow === undefined ? call : undefined }
}
