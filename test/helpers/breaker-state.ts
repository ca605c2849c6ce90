import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { initial } from '../../src/core/breaker/breaker.js'
import { type BreakerOptions, createBreakerOptions } from '../../src/core/breaker/options.js'
import { save } from '../../src/core/breaker/save.js'
import type { Machine } from '../../src/core/breaker/state.js'

/** What `--state` holds now. */
export const readState = (folder: string, file = 'api.json') => JSON.parse(readFileSync(join(folder, file), 'utf8'))

const writer = { host: 'other', pid: 1, started: 0, version: '0.0.0' }

type Common = 'generation' | 'since' | 'reopened' | 'reason' | 'override'
type Kind = Machine extends infer One ? (One extends Machine ? Omit<One, Common> : never) : never

/** Writes a state file as another run has left it; times in milliseconds from now. A time in the past stands for one that has passed. */
export const writeState = (folder: string, kind: Kind, options: Partial<BreakerOptions> = {}, file = 'api.json') => {
  const now = Date.now()
  const breaker = initial(createBreakerOptions({ name: 'api', by: 'other:1', ...options }), now)
  const reason = { rule: 'fail_rate', value: 0.8, limit: 0.5, calls: 50, by: 'other:1' } as const
  breaker.machine = { ...shift(kind, now), generation: 2, since: now - 60_000, reopened: 0, reason, override: null }
  breaker.errors.push({ kind: 'http_status', status: 503, message: 'Service Unavailable', time: now - 61_000, n: 12 })
  writeFileSync(join(folder, file), save(breaker, writer, now - 59_000))
}

const shift = (kind: Kind, now: number): Kind => {
  if (kind.state === 'open') return { ...kind, until: now + kind.until }
  if (kind.state === 'closed' || kind.lease === null) return kind
  return { ...kind, lease: { ...kind.lease, since: now + kind.lease.since, until: now + kind.lease.until } }
}

export const due: Kind = { state: 'open', until: -1000 }
export const open: Kind = { state: 'open', until: 300_000 }
