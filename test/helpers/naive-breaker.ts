/** A second circuit breaker, written plainly from the description: lists, no cleverness. For comparison only. */
export type NaiveOptions = {
  count: number | undefined
  time: number | undefined
  buckets: number
  minCalls: number
  failRate: number | undefined
  consecutive: number | undefined
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
  const counters = { ok: 0, fail: 0, late: 0 }

  const go = (to: typeof state, now: number) => {
    state = to
    generation++
    since = now
    leaseEnd = undefined
    if (to === 'closed') calls = []
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
  const recent = (now: number) => {
    if (options.count !== undefined) {
      const young = calls.filter(call => options.time === undefined || now - call.time <= options.time)
      return young.slice(-options.count)
    }
    const width = Math.ceil((options.time ?? 0) / options.buckets)
    return calls.filter(call => Math.floor(call.time / width) > Math.floor(now / width) - options.buckets)
  }
  const shouldOpen = (now: number) => {
    const seen = recent(now)
    const failed = seen.filter(call => call.failed).length
    const slow = seen.filter(call => call.slow).length
    if (options.consecutive !== undefined) {
      const young = calls.filter(call => options.time === undefined || now - call.time <= options.time)
      const tail = young.slice(-options.consecutive)
      if (tail.length === options.consecutive && tail.every(call => call.failed)) return true
    }
    const least = options.count === undefined ? options.minCalls : Math.min(options.minCalls, options.count)
    if (seen.length < least) return false
    if (options.failRate !== undefined && failed > 0 && failed / seen.length >= options.failRate) return true
    return options.slow !== undefined && slow > 0 && slow / seen.length >= options.slow.rate
  }

  return {
    look: () => ({ state: forced ? `forced_${forced.state}` : state, generation, since, doubled, counters }),
    figures: (now: number) => {
      const seen = recent(now)
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
      if (state === 'half_open') {
        if (result === 'ok' && ++successes === options.probes) return go('closed', now)
        if (result === 'failure') {
          doubled++
          go('open', now)
          until = now + Math.max(openTime(), Math.min(retryAfter, 600_000))
        } else if (result === 'throttled') {
          go('open', now)
          until = now + (retryAfter > 0 ? Math.min(retryAfter, 600_000) : openTime())
        } else leaseEnd = undefined
        return
      }
      if (result !== 'ok' && result !== 'failure') return
      const slow = options.slow !== undefined && duration > options.slow.limit
      calls.push({ time: now, failed: result === 'failure', slow })
      if (forced !== undefined || !shouldOpen(now)) return
      const full = options.time === undefined ? calls.length >= (options.count ?? 0) : now - since >= options.time
      if (full) doubled = 0
      go('open', now)
      until = now + openTime()
    },
    force(now: number, to: 'open' | 'closed', end: number) {
      forced = undefined
      go(to, now)
      forced = { state: to, until: end }
      if (to === 'open') until = end
    },
    reset(now: number) {
      forced = undefined
      doubled = 0
      go('closed', now)
    },
  }
}
