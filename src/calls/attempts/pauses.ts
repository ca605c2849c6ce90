import type { Clock } from '../../core/clock.js'
import { formatMoment } from '../../core/format-moment.js'
import { createPause, type Pause, type Ticket } from '../../core/rules/pause.js'
import type { Attempt } from './attempt.js'
import type { HoldUp, Patience } from './patience.js'
import { createTurnstile, type Turnstile } from './turnstile.js'

export type PausesOptions = {
  readonly clock: Clock
  readonly stopping: AbortSignal
  readonly patience: Patience
  /** Called when a service asks for a pause: until when, in milliseconds of the wall clock. */
  readonly onPause?: ((service: string, until: number) => void) | undefined
  /** Learns about pauses that other processes were asked for. */
  readonly look?: (() => void) | undefined
}

/** Services that have asked to be left alone, and the records that wait for them, in the order of the input. */
export type Pauses = {
  /** Looks for pauses that other processes were asked for. */
  look(): void
  /** Whether any service has asked for a pause: if not, it does not matter where a record goes. */
  readonly some: boolean
  /** Whether a call may be made there now. */
  isFree(service: string, attempt: Attempt): boolean
  /** Waits without its slot until it is the attempt's turn, which it is until it is sent or passes. Rejects with `Refused`. */
  turn(service: string, attempt: Attempt): Promise<void>
  /** The attempt whose turn it was has gone elsewhere. */
  pass(attempt: Attempt): void
  /** A call is made there; returns the function to call at its end. */
  send(service: string, attempt: Attempt): Ticket
  succeed(service: string, ticket: Ticket): void
  /** It refused and asks to wait this many milliseconds; undefined: it does not say how long. */
  refuse(service: string, ticket: Ticket, ms: number | undefined): void
  /** No call is made there for this many milliseconds. */
  hold(service: string, ms: number): void
  /** Another process was asked not to call there for this many milliseconds. */
  follow(service: string, ms: number): void
  /** Milliseconds that are left of its pause. */
  left(service: string): number
}

type Paused = { readonly pause: Pause; readonly turnstile: Turnstile }

export const createPauses = ({ clock, stopping, patience, onPause, look }: PausesOptions): Pauses => {
  const paused = new Map<string, Paused>()

  const find = (service: string): Paused => {
    const known = paused.get(service)
    if (known !== undefined) return known
    const pause = createPause()
    const heldUp: HoldUp = {
      until: () => pause.until,
      describe: () =>
        `The service asks to wait until ${formatMoment(clock.wall() + pause.until - clock.now(), clock.wall())}`,
      due: () => clock.wall() + pause.until - clock.now(),
      tell: () => ({ what: 'the service', why: 'it asked for that' }),
    }
    const turnstile = createTurnstile({
      clock,
      stopping,
      wait: () => pause.wait(clock.now()),
      onWait: () => patience.hold(heldUp),
    })
    const made = { pause, turnstile }
    paused.set(service, made)
    return made
  }

  const change = (service: string, act: (pause: Pause, now: number) => void, tell = onPause): void => {
    const { pause, turnstile } = find(service)
    const before = pause.until
    act(pause, clock.now())
    turnstile.look()
    if (pause.until === before) return
    patience.look()
    tell?.(service, clock.wall() + pause.until - clock.now())
  }

  return {
    look: look ?? (() => {}),
    get some() {
      return paused.size > 0
    },
    isFree(service, attempt) {
      const found = paused.get(service)
      if (found === undefined) return true
      if (!found.turnstile.isFree(attempt)) return false
      if (found.turnstile.size === 0 && found.pause.isForgotten(clock.now())) paused.delete(service)
      return true
    },
    turn: (service, attempt) => find(service).turnstile.turn(attempt),
    pass(attempt) {
      for (const { turnstile } of paused.values()) turnstile.pass(attempt)
    },
    send(service, attempt) {
      const found = paused.get(service)
      if (found === undefined) return 0
      const ticket = found.pause.send(clock.now())
      found.turnstile.pass(attempt)
      return ticket
    },
    succeed(service, ticket) {
      const found = paused.get(service)
      if (found === undefined) return
      found.pause.succeed(ticket)
      found.turnstile.look()
    },
    refuse: (service, ticket, ms) => change(service, (pause, now) => pause.refuse(ticket, now, ms)),
    hold: (service, ms) => change(service, (pause, now) => pause.hold(now, ms)),
    follow: (service, ms) =>
      change(
        service,
        (pause, now) => pause.hold(now, ms),
        () => {},
      ),
    left: service => Math.max(0, (paused.get(service)?.pause.until ?? 0) - clock.now()),
  }
}
