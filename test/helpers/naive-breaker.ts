/** A second circuit breaker, written plainly from the description: lists, no cleverness. For comparison only. */
export type NaiveOptions = {
  count: number | undefined
  time: number | undefined
  buckets: number
  minCalls: number
  failRate: number | undefined
  consecutive: number | undefined
  /** Only failures that may pass make a row; others end it. */
  transientOnly: boolean
  slow: { limit: number; rate: number } | undefined
  first: number
  longest: number
  probes: number
  lease: number
}

export type NaiveResult = 'ok' | 'failure' | 'ignored' | 'throttled' | 'cancelled'

export const createNaiveBreaker = (options: NaiveOptions, start: number) => {
  let state: 'closed' | 'open' | 'half_open' = 'closed'
  let generation = 1
  let since = start
  let until = 0
  let doubled = 0
  let forced: { state: 'open' | 'closed'; until: number } | undefined
  let leaseEnd: number | undefined
  let successes = 0
  let calls: { time: number; failed: boolean; slow: boolean }[] = []
  let row = 0
  let openedBySlow = false
  let counters = { ok: 0, fail: 0, late: 0 }

  const go = (to: typeof state, now: number) => {
    state = to
    generation++
    since = now
    leaseEnd = undefined
    if (to !== 'closed') return
    calls = []
    row = 0
  }
  const openTime = () => Math.min(options.longest, options.first * 2 ** doubled)
  const elapse = (now: number) => {
    if (forced !== undefined && now >= forced.until) {
      const { until: end } = forced
      forced = undefined
      go(state, end)
      until = end
    }
    if (forced === undefined && state === 'half_open' && leaseEnd !== undefined && now >= leaseEnd) {
      const end = leaseEnd
      go('open', end)
      until = end + openTime()
    }
  }
  const lastOf = (count: number) => calls.slice(-count)
  /** All calls within the window, or the newest few where those are more. */
  const recent = () => {
    const now = calls.at(-1)?.time ?? 0
    const most = options.count ?? Infinity
    const least = Math.min(options.minCalls, 100, most)
    const width = Math.ceil((options.time ?? 0) / options.buckets)
    const isYoung = ({ time }: { time: number }) =>
      options.count === undefined
        ? Math.floor(time / width) > Math.floor(now / width) - options.buckets
        : options.time === undefined || now - time <= options.time
    const young = calls.filter(isYoung)
    return young.length < least ? lastOf(least) : young.slice(-most)
  }
  const whyOpen = () => {
    if (options.consecutive !== undefined && row >= options.consecutive) return 'row'
    const seen = recent()
    const failed = seen.filter(call => call.failed).length
    const slow = seen.filter(call => call.slow).length
    const least = options.count === undefined ? options.minCalls : Math.min(options.minCalls, options.count)
    if (seen.length < least) return undefined
    if (options.failRate !== undefined && failed > 0 && failed / seen.length >= options.failRate) return 'rate'
    return options.slow !== undefined && slow > 0 && slow / seen.length >= options.slow.rate ? 'slow' : undefined
  }

  return {
    look: () => ({ state: forced ? `forced_${forced.state}` : state, generation, since, doubled, counters }),
    figures: () => {
      const seen = recent()
      return { calls: seen.length, failed: seen.filter(call => call.failed).length }
    },
    admit(now: number) {
      elapse(now)
      if (state === 'closed') return 'call'
      if (forced !== undefined) return 'wait'
      if (state === 'open' && now < until) return 'wait'
      if (state === 'half_open' && leaseEnd !== undefined) return 'wait'
      if (state === 'open') {
        go('half_open', now)
        successes = 0
      }
      leaseEnd = now + options.lease
      return 'probe'
    },
    settle(admitted: number, now: number, result: NaiveResult, duration: number, retryAfter: number) {
      elapse(now)
      if (admitted !== generation || (state !== 'closed' && leaseEnd === undefined)) {
        if (result !== 'cancelled') counters.late++
        return
      }
      if (result === 'ok') counters.ok++
      if (result === 'failure') counters.fail++
      const slow = options.slow !== undefined && duration > options.slow.limit
      if (state === 'half_open') {
        if (result === 'ok' && !(slow && openedBySlow)) {
          leaseEnd = undefined
          if (++successes < options.probes) return
          doubled++
          return go('closed', now)
        }
        if (result === 'failure' || result === 'ok') {
          doubled++
          go('open', now)
          until = now + Math.max(openTime(), result === 'ok' ? 0 : retryAfter)
        } else if (result === 'throttled') {
          go('open', now)
          until = now + (retryAfter > 0 ? retryAfter : openTime())
        } else leaseEnd = undefined
        return
      }
      if (options.transientOnly && result === 'ignored') row = 0
      if (result !== 'ok' && result !== 'failure') return
      const last = calls.at(-1)
      if (last !== undefined && options.time !== undefined && now - duration - last.time > options.time) calls = []
      calls.push({ time: now, failed: result === 'failure', slow })
      row = result === 'failure' ? row + 1 : 0
      const why = whyOpen()
      if (forced !== undefined || why === undefined) return
      openedBySlow = why === 'slow'
      const full = options.time === undefined ? calls.length >= (options.count ?? 0) : now - since >= options.time
      if (full) doubled = 0
      go('open', now)
      until = now + openTime()
    },
    force(now: number, to: 'open' | 'closed', end: number) {
      if (state === 'closed' || to === 'closed') openedBySlow = false
      forced = undefined
      go(to, now)
      forced = { state: to, until: end }
      if (to === 'open') until = end
    },
    reset(now: number) {
      forced = undefined
      doubled = 0
      counters = { ok: 0, fail: 0, late: 0 }
      go('closed', now)
    },
  }
}
