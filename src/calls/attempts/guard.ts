import type { Line } from '../../core/lines.js'
import type { Result } from '../call.js'
import type { Attempt } from './attempt.js'

/**
 * Decides when a call may be made. Resolves with a `Leave` as soon as it may; a call that waits releases its slot and acquires
 * one again before it resolves. Rejects with `Refused` when the call must not be made.
 */
export type Guard = (line: Line, attempt: Attempt, others?: Others) => Leave | Promise<Leave>

/** The other guards of the same call, for a guard that makes others wait. */
export type Others = {
  /** Waits until nothing else is in the way: asked before something is taken that must not lie idle. Undefined: now. */
  ready(): Promise<void> | undefined
  /** The attempt is going to wait, so other attempts need not wait for it elsewhere. */
  stepAside(): void
}

/**
 * Told how the call ended that leave was given for: undefined and its answer, else what it threw. Says when the call is to be
 * made once more without using a retry.
 */
export type Leave = (error: unknown, answer?: Result) => Ruling | Promise<Ruling>

/** Not before this moment, in milliseconds of the clock. */
export type Ruling = { readonly notBefore: number } | undefined
