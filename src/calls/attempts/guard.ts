import type { Line } from '../../core/lines.js'
import type { Attempt } from './attempt.js'

/**
 * Has a say in when a call is made. Gives leave to make it, at once or when its time has come; whoever waits does so without
 * the slot and comes back with it. Rejects with `Refused` when the call must not be made.
 */
export type Guard = (line: Line, attempt: Attempt) => Leave | Promise<Leave>

/**
 * Told how the call ended that leave was given for: undefined for an answer, else what it threw. Gives `again` when it is to be
 * made once more and no retry is used for that.
 */
export type Leave = (error: unknown) => Verdict | Promise<Verdict>

type Verdict = 'again' | undefined
