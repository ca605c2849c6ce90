/** Cancels; calling it again does nothing. */
export type Cancel = () => void

/** The source of time, passed as a parameter so that tests can use a fake one. */
export type Clock = {
  /** Milliseconds since some fixed moment; monotonic. */
  now(): number
  /** Wall clock in milliseconds since 1970: for people and for files that outlive the process. */
  wall(): number
  /** Calls back once after this many milliseconds. */
  after(ms: number, callback: () => void): Cancel
  /** True: the program never stands still while its time passes, and need not look whether it did. */
  readonly isSteady?: boolean
}

// A timer above 2^31-1 ms fires at once in Node: longer ones are chained.
const longest = 2 ** 31 - 1

export const realClock: Clock = {
  // As fast as performance.now(), which loads 1 ms of modules when it is first used.
  now() {
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1000 + nanoseconds / 1e6
  },
  wall: () => Date.now(),
  after(ms, callback) {
    let rest = ms
    let timer: NodeJS.Timeout
    const arm = () => {
      const part = Math.min(rest, longest)
      rest -= part
      timer = setTimeout(rest > 0 ? arm : callback, part)
    }
    arm()
    return () => clearTimeout(timer)
  },
}

export type FakeClock = Clock & {
  /** Advances the time by this many milliseconds: timers that become due are called in order, and promises settle between them. */
  advance(ms: number): Promise<void>
  /** Simulates that the program is suspended for this many milliseconds: timers fire late. */
  freeze(ms: number): void
  /** Sets the wall clock forward or back by this many milliseconds. */
  step(ms: number): void
  /** Number of pending timers. */
  readonly waiting: number
  /** Milliseconds until the next of them is due; undefined: none waits. */
  readonly next: number | undefined
}

/** Creates a clock that stands still until `advance` is called; a steady one is never to be frozen. */
export const createFakeClock = (start = Date.UTC(2026, 0, 1), { isSteady = false } = {}): FakeClock => {
  let now = 0
  let wall = start
  const timers = new Set<{ at: number; callback: () => void }>()
  const settle = () => new Promise<void>(resolve => setImmediate(resolve))
  const nextDue = (until: number) =>
    [...timers]
      .filter(timer => timer.at <= until)
      .reduce<{ at: number; callback: () => void } | undefined>(
        (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
        undefined,
      )
  return {
    isSteady,
    now: () => now,
    wall: () => wall + now,
    after(ms, callback) {
      const timer = { at: now + Math.max(0, ms), callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    async advance(ms) {
      const until = now + ms
      await settle()
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.callback()
        await settle()
      }
      now = until
    },
    freeze(ms) {
      now += ms
    },
    step(ms) {
      wall += ms
    },
    get waiting() {
      return timers.size
    },
    get next() {
      const timer = nextDue(Number.POSITIVE_INFINITY)
      return timer === undefined ? undefined : Math.max(0, timer.at - now)
    },
  }
}
