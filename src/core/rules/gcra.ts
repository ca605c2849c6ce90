/** A rate limit on times in milliseconds. The times of arrival are the caller's: one number per key. */
export type Limit = {
  /** Milliseconds until a record of this cost may pass, rounded up to whole ones as for timers; 0 if it may pass now. Counts nothing. */
  wait(arrival: number, now: number, cost?: number): number
  /** The theoretical arrival time after a record of this cost has passed. */
  charge(arrival: number, now: number, cost?: number): number
  /** Number of records of cost 1 that may pass now. */
  available(arrival: number, now: number): number
}

/** Timers are coarse: a record may be this many milliseconds early, so that a late one can be caught up. */
export const slack = 10

/** The theoretical arrival time of a new key. */
export const idle = Number.NEGATIVE_INFINITY

/**
 * Lets `count` units of cost pass per `per` milliseconds, `burst` of them at once, by GCRA (ITU-T I.371) with
 * T = per / count and the tolerance max((burst - cost) * T, 10 ms). Any window of t milliseconds holds at most
 * max(burst, largest cost) + (t + 10) / T. A record that costs more than the burst passes once everything before it is paid
 * for; its own cost is paid for afterwards. `early` replaces the 10 ms. If the clock goes back, no time passes.
 * Throws a RangeError for a rate that is not above 0 and finite, a burst below 1 and a cost below 0.
 */
export const createLimit = (count: number, per: number, burst = 1, early = slack): Limit => {
  const interval = per / count
  if (!(interval > 0 && interval < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot limit to ${count} in ${per} ms: both must be above 0 and finite`)
  }
  if (!(burst >= 1 && burst < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot limit with a burst of ${burst}: it must be at least 1 and finite`)
  }
  const whole = burst * interval
  const tolerance = Math.max(whole - interval, early) + rounding
  return {
    wait(arrival, now, cost = 1) {
      if (!(cost >= 0)) throw new RangeError(`Cannot charge a cost of ${cost}: it must be at least 0`)
      const left = arrival - now - (cost === 1 ? tolerance : Math.max(whole - cost * interval, early) + rounding)
      return left > 0 ? Math.ceil(left) : 0
    },
    charge: (arrival, now, cost = 1) => Math.max(arrival, now) + cost * interval,
    available(arrival, now) {
      const left = tolerance - Math.max(arrival - now, 0)
      return left < 0 ? 0 : Math.floor(left / interval) + 1
    },
  }
}

// A microsecond: sums of times are rounded, and that must not turn a burst of 5 into one of 4.
const rounding = 1e-3

/** A limit with one key, which remembers its own theoretical arrival time. */
export type Gcra = {
  /** Charges a record of this cost and returns 0, or charges nothing and returns the milliseconds to wait. */
  take(now: number, cost?: number): number
  /** Milliseconds until a record of this cost may pass; counts nothing. */
  wait(now: number, cost?: number): number
  /** Number of records of cost 1 that may pass now. */
  available(now: number): number
  /** Charges the records that passed because of `available`. */
  charge(now: number, cost: number): void
}

export const createGcra = (limit: Limit): Gcra => {
  // A number in a closure is allocated anew for every change: three quarters of a decision.
  const arrival = Float64Array.of(idle)
  const charge = (now: number, cost: number) => {
    arrival[0] = limit.charge(arrival[0] as number, now, cost)
  }
  return {
    take(now, cost = 1) {
      const wait = limit.wait(arrival[0] as number, now, cost)
      if (wait === 0) charge(now, cost)
      return wait
    },
    wait: (now, cost) => limit.wait(arrival[0] as number, now, cost),
    available: now => limit.available(arrival[0] as number, now),
    charge,
  }
}

/**
 * The same limit for calls to a service that counts them itself, one by one: below 20 a second no call is earlier than by a
 * 25th of the time between two, or it would be refused though the rate is below what the service allows.
 */
export const createCallLimit = (count: number, per: number, burst = 1): Limit => {
  const interval = per / count
  return createLimit(count, per, burst, interval < 50 ? slack : Math.min(slack, interval / 25))
}
