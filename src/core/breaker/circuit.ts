import type { Failure } from '../failure.js'
import type { Judgement } from './judge.js'
import type { Admission, Breaker } from './model.js'
import type { Effect } from './state.js'

/** A circuit as the calls of one process use it: kept in memory, or shared with other processes. */
export type Circuit = {
  /** How it stands as far as this process knows. */
  readonly breaker: Breaker
  /** How many calls in flight have taken longer than the limit of `--slow`: kept by the code that makes them. */
  running: number
  /** The time by which it goes, milliseconds since 1970. */
  wall(): number
  /** While waiting, asking again is worth it after this many milliseconds; 0: only after a change of its own. */
  readonly lookEvery: number
  /** Makes it ready; gives what time has done to it since it was stored. Throws when it must not be used. */
  open(): Promise<readonly Effect[]>
  /** May a call be made? `due`: not before `probe` said so. A promise when it is time to look at what others did. */
  admit(): Admission | Promise<Admission>
  /** Asks for the right to make the one call of a circuit that is due. */
  probe(): Promise<Admission>
  /**
   * Takes the result of an admitted call, with its duration in milliseconds. A promise when it opens the circuit for others
   * too: settles when they can see it.
   */
  settle(admission: Admitted, result: Judgement, duration: number, failure?: Failure): void | Promise<void>
  /** The call of a probe has just become slow: for a circuit that slow calls have opened that is its result. */
  settleSlow(admission: Admitted): void
  /** Judges anew: a call in flight has just become slow. */
  evaluate(): void
  countRejected(): void
  /** Calls back whenever a record that waits might get its turn. */
  subscribe(listener: () => void): void
  /** Keeps what is to be kept. */
  close(): Promise<void>
}

/** The answer that lets a call be made. */
export type Admitted = Extract<Admission, { kind: 'call' | 'probe' }>

/** Told about what happened to a circuit, once it is a fact for everybody who shares it. */
export type Observe = (effects: readonly Effect[], breaker: Breaker) => void
