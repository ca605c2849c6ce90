import type { Clock } from '../../core/clock.js'

/** The clock of a server as this process knows it, right to within the time that a question takes. */
export type ServerClock = {
  /** The server had this time at some moment between these two of the clock; -Infinity where it is not known since when. */
  observe(sent: number, received: number, time: number): void
  /** Milliseconds since 1970; the own wall clock until the server has said a time. */
  wall(): number
}

/**
 * Follows the clock of a server. Each answer says that it is ahead by at least so much and at most so much more: what is known is
 * moved no further than that asks, so that the time neither jumps with each answer nor goes back.
 */
export const createServerClock = (clock: Pick<Clock, 'now' | 'wall'>): ServerClock => {
  let ahead: number | undefined
  return {
    observe(sent, received, time) {
      // A server that counts whole milliseconds may be almost one further.
      const [least, most] = [time - received, time + 1 - sent]
      if (ahead !== undefined) ahead = Math.min(most, Math.max(least, ahead))
      else if (most < Number.POSITIVE_INFINITY) ahead = (least + most) / 2
    },
    wall: () => (ahead === undefined ? clock.wall() : Math.floor(clock.now() + ahead)),
  }
}
