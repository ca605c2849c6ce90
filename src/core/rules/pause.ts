/** The first gap between calls is never longer, in milliseconds, whatever the pause before it was: a minute. */
export const maxFirstGap = 60_000

/** Once a call has succeeded after a pause that a good answer asked for, the next ones are no further apart: a new window has begun. */
const maxHeld = 1000

/** A refusal without a time: this many milliseconds, doubled at each further one until a call succeeds. */
export const bareRefusal = { first: 1000, longest: 60_000 } as const

/** A gap is forgotten when it held nobody up for so long, in milliseconds, without a refusal. */
const memory = 60_000

/**
 * How a service that refuses calls is called again. Nobody calls before the time that it asked for; then one call goes, and the
 * next ones keep a gap, which is the pause at first, is halved by each success until the service refuses a second time, is then
 * no less than the time between these calls was on average, because a burst hides that the gap is too small already, and
 * grows by a fifth at each refusal and shrinks by a hundredth at each success from then on. A pause that came with an answer that
 * was good is kept between calls as well, and shrinks with each that succeeds and asks for none. Pure: times are milliseconds of the
 * caller's clock.
 */
export type Pause = {
  /** No call before this moment. */
  readonly until: number
  /** Milliseconds from one call to the next. */
  readonly gap: number
  /** Milliseconds until the next call may be made; 0: now. Ask only with a call to make. */
  wait(now: number): number
  /** A call is made; returns the function to call at its end. */
  send(now: number): Ticket
  succeed(ticket: Ticket): void
  /** The service asks to wait this many milliseconds; undefined: it does not say how long. */
  refuse(ticket: Ticket, now: number, ms: number | undefined): void
  /** No calls for this long, although none was refused; after that one call per interval until one succeeds. */
  hold(now: number, ms: number): void
  /** Nothing is left to remember. */
  isForgotten(now: number): boolean
}

/** Which refusal the sender of a call knew of last: what was sent before says nothing new. */
export type Ticket = number

export const createPause = (): Pause => {
  let until = Number.NEGATIVE_INFINITY
  let gap = 0
  let sent = Number.NEGATIVE_INFINITY
  // Refusals of calls that were sent after the one before was known.
  let refusals = 0
  // Calls since the first refusal, and when the first of them went.
  let calls = 0
  let since = 0
  let bare = 0
  // What a good answer asked for last: how many may go afterwards nobody knows before one has gone.
  let held = 0
  let epoch = 0
  let busy = Number.NEGATIVE_INFINITY

  const forget = (now: number) => {
    if ((gap === 0 && held === 0) || now - Math.max(busy, until) < memory) return
    gap = 0
    held = 0
    refusals = 0
  }

  const wait = (now: number): number => {
    forget(now)
    const due = sent + Math.max(gap, held)
    if (due > now) busy = now
    return Math.max(0, until - now, due - now)
  }

  return {
    get until() {
      return until
    },
    get gap() {
      return gap
    },
    wait,
    send(now) {
      if (calls === 0) since = now
      calls++
      sent = now
      return epoch
    },
    succeed(ticket) {
      if (ticket !== epoch) return
      bare = 0
      held = held < 2 ? 0 : Math.min(held / 2, maxHeld)
      if (refusals < 2) gap = gap < 2 ? 0 : gap / 2
      else gap *= 0.99
    },
    refuse(ticket, now, ms) {
      busy = now
      const isNew = ticket === epoch
      if (!isNew && ms === undefined) return
      const asked = ms ?? Math.min(bareRefusal.longest, bareRefusal.first * 2 ** Math.min(bare, 16))
      until = Math.max(until, now + asked)
      if (!isNew) return
      if (ms === undefined) bare++
      epoch++
      // Without a gap there is nothing to grow: what was learnt is forgotten.
      refusals = gap === 0 ? 1 : refusals + 1
      if (refusals === 1) {
        gap = Math.min(asked, maxFirstGap)
        calls = 0
      } else {
        const average = refusals === 2 && calls > 1 ? (sent - since) / (calls - 1) : 0
        gap = Math.max(gap * 1.2, average)
      }
    },
    hold(now, ms) {
      until = Math.max(until, now + ms)
      held = Math.max(held, Math.min(ms, maxFirstGap))
      epoch++
    },
    isForgotten: now => gap === 0 && held === 0 && bare === 0 && until <= now,
  }
}
