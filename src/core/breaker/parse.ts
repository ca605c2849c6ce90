import { parseWho, type Who } from '../who.js'
import type { ForeignWindow } from './model.js'
import type { BreakerConfig } from './options.js'
import type { SeenError } from './seen-errors.js'
import type { Lease, Machine, Override, Reason } from './state.js'

/** What a state file says, checked field by field. */
export type Parsed = {
  readonly rev: number
  readonly updated: number
  readonly machine: Machine
  readonly counters: { ok: number; fail: number; rejected: number; late: number }
  readonly errors: SeenError[]
  readonly streak: number
  /** The settings by which it changed its state last, and those of who wrote it last; older versions do not say. */
  readonly settings: BreakerConfig | undefined
  readonly writerSettings: BreakerConfig | undefined
} & ForeignWindow

/** Reads the fields of version 1. Throws a TypeError that names the field which is not as it should be. */
export const parseBreakerState = (file: Fields): Parsed => {
  const window = object(file, 'window')
  return {
    rev: whole(file, 'rev'),
    updated: number(file, 'updated'),
    machine: parseMachine(file),
    counters: wholes(object(file, 'counters'), ['ok', 'fail', 'rejected', 'late']),
    errors: list(file, 'errors').map(parseError),
    streak: optional(file, 'streak', whole) ?? 0,
    settings: optional(file, 'settings', parseConfig),
    writerSettings: isFields(file.writer) ? optional(file.writer, 'settings', parseConfig) : undefined,
    window: {
      bucket_ms: whole(window, 'bucket_ms'),
      buckets: list(window, 'buckets').map(bucket => wholes(asObject(bucket, 'buckets'), ['t', 'ok', 'fail', 'slow'])),
      last: list(window, 'last').map(parseOutcome),
      began: optional(window, 'began', number) ?? 0,
    },
    config: parseConfig(file, 'config'),
  }
}

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parseMachine = (file: Fields): Machine => {
  const common = {
    generation: whole(file, 'gen'),
    since: number(file, 'since'),
    ...(file.began === undefined ? {} : { began: number(file, 'began') }),
    reopened: whole(file, 'reopened'),
    reason: orNull(file, 'reason', parseReason),
    override: orNull(file, 'override', parseOverride),
  }
  const state = oneOf(file, 'state', ['closed', 'open', 'half_open'])
  if (state === 'closed') return { ...common, state }
  if (state === 'open')
    return { ...common, state, until: number(file, 'until'), ...(file.asked === true ? { asked: true } : {}) }
  const probe = object(file, 'probe')
  return { ...common, state, succeeded: whole(probe, 'ok'), lease: orNull(probe, 'lease', parseLease) }
}

const rules = [
  'fail_rate',
  'slow_rate',
  'consecutive',
  'throttled',
  'probe_due',
  'probe_failed',
  'probe_slow',
  'lease_expired',
  'recovered',
  'by_hand',
  'expired',
] as const satisfies readonly Reason['rule'][]

const parseReason = (file: Fields, name: string): Reason => {
  const reason = object(file, name)
  return {
    rule: oneOf(reason, 'rule', rules),
    value: number(reason, 'value'),
    limit: number(reason, 'limit'),
    calls: whole(reason, 'calls'),
    by: text(reason, 'by'),
    ...whoIn(reason),
    ...(reason.why === undefined ? {} : { why: text(reason, 'why') }),
  }
}

const parseOverride = (file: Fields, name: string): Override => {
  const override = object(file, name)
  return {
    state: oneOf(override, 'state', ['open', 'closed']),
    since: number(override, 'since'),
    until: number(override, 'until'),
    why: text(override, 'why'),
    by: text(override, 'by'),
    ...whoIn(override),
  }
}

const parseLease = (file: Fields, name: string): Lease => {
  const lease = object(file, name)
  const ms = optional(lease, 'ms', number)
  return {
    by: text(lease, 'by'),
    ...whoIn(lease),
    since: number(lease, 'since'),
    until: number(lease, 'until'),
    ...(ms === undefined ? {} : { ms }),
  }
}

// Older versions do not say it, and what cannot be read is left out: nothing depends on it.
const whoIn = ({ who }: Fields): { readonly who?: Who } => {
  const parsed = parseWho(who)
  return parsed === undefined ? {} : { who: parsed }
}

const parseConfig = (file: Fields, name: string): BreakerConfig => {
  const config = object(file, name)
  const minCalls = optional(config, 'min_calls', whole)
  const probes = optional(config, 'probes', whole)
  const longest = optional(config, 'max_open_ms', number)
  return {
    hash: text(config, 'hash'),
    fail_rate: orNull(config, 'fail_rate', number),
    window: text(config, 'window'),
    open_for: text(config, 'open_for'),
    ...(minCalls === undefined ? {} : { min_calls: minCalls }),
    ...(config.consecutive === undefined ? {} : { consecutive: orNull(config, 'consecutive', whole) }),
    ...(config.slow === undefined ? {} : { slow: orNull(config, 'slow', text) }),
    ...(probes === undefined ? {} : { probes }),
    ...(longest === undefined ? {} : { max_open_ms: longest }),
  }
}

const parseError = (value: unknown): SeenError => {
  const error = asObject(value, 'errors')
  return {
    kind: text(error, 'kind'),
    ...(error.status === undefined ? {} : { status: number(error, 'status') }),
    ...(error.exit === undefined ? {} : { exit: number(error, 'exit') }),
    ...(typeof error.program === 'string' ? { program: error.program } : {}),
    time: number(error, 'time'),
    message: text(error, 'message'),
    n: whole(error, 'n'),
  }
}

const parseOutcome = (value: unknown): [number, number] => {
  if (!Array.isArray(value) || value.length !== 2) return fail('last', 'pairs of a time and an outcome')
  const fields = { time: value[0], outcome: value[1] }
  const outcome = whole(fields, 'outcome')
  return outcome <= 3 ? [number(fields, 'time'), outcome] : fail('last', 'outcomes from 0 to 3')
}

const number = (file: Fields, name: string): number => {
  const value = file[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : fail(name, 'a number')
}

const whole = (file: Fields, name: string): number => {
  const value = number(file, name)
  return Number.isSafeInteger(value) && value >= 0 ? value : fail(name, 'a whole number from 0')
}

const wholes = <Name extends string>(file: Fields, names: readonly Name[]): Record<Name, number> =>
  Object.fromEntries(names.map(name => [name, whole(file, name)])) as Record<Name, number>

const text = (file: Fields, name: string): string => {
  const value = file[name]
  return typeof value === 'string' ? value : fail(name, 'a text')
}

const list = (file: Fields, name: string): readonly unknown[] => {
  const value: unknown = file[name]
  return Array.isArray(value) ? value : fail(name, 'a list')
}

const object = (file: Fields, name: string): Fields => asObject(file[name], name)

const asObject = (value: unknown, name: string): Fields => (isFields(value) ? value : fail(name, 'an object'))

const orNull = <Value>(file: Fields, name: string, parse: (file: Fields, name: string) => Value): Value | null =>
  file[name] === null ? null : parse(file, name)

// What older versions do not write.
const optional = <Value>(
  file: Fields,
  name: string,
  parse: (file: Fields, name: string) => Value,
): Value | undefined => (file[name] === undefined ? undefined : parse(file, name))

const oneOf = <Value extends string>(file: Fields, name: string, values: readonly Value[]): Value =>
  values.find(value => value === file[name]) ?? fail(name, `one of ${values.join(', ')}`)

const fail = (name: string, wanted: string): never => {
  throw new TypeError(`\`${name}\` should be ${wanted}`)
}
