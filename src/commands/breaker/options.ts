import { hostname } from 'node:os'
import type { Option } from 'commander'
import type { CommonOptions } from '../../cli/common-options.js'
import { asCode, option } from '../../cli/option.js'
import type { ServerFlags } from '../../cli/servers/options.js'
import { UsageError } from '../../cli/usage-error.js'
import { choice } from '../../cli/values/choice.js'
import { duration } from '../../cli/values/duration.js'
import type { DurationRange } from '../../cli/values/duration-range.js'
import { failurePattern } from '../../cli/values/failure-pattern.js'
import { fieldPath } from '../../cli/values/field-path.js'
import { openTime } from '../../cli/values/open-time.js'
import { orOff } from '../../cli/values/or-off.js'
import { positivePercentage } from '../../cli/values/percentage.js'
import { type SlowLimit, slowLimit } from '../../cli/values/slow-limit.js'
import { wholeNumber } from '../../cli/values/whole-number.js'
import { type WindowSize, windowSize } from '../../cli/values/window-size.js'
import { whoAmI } from '../../cli/who.js'
import type { Counting } from '../../core/breaker/judge.js'
import { type BreakerOptions, breakerDefaults, createBreakerOptions } from '../../core/breaker/options.js'
import type { Path } from '../../core/json/path.js'
import type { FailurePattern } from '../../core/rules/failure-pattern.js'
import { longestCallOf, type MapFlags } from '../map/options.js'

/** The options around a circuit. Durations in milliseconds, rates from 0 to 1. */
export type BreakerFlags = MapFlags & {
  readonly window: WindowSize
  readonly minCalls?: number
  readonly failRate: number | 'off'
  readonly consecutive?: number | 'off'
  readonly failureOn?: FailurePattern
  readonly ignore?: FailurePattern
  readonly slow?: SlowLimit
  readonly openFor: DurationRange
  readonly probes: number
  readonly onOpen: 'pause' | 'fail' | 'reject'
  readonly breakerKey?: Path
  /** False: `--no-state`. */
  readonly state?: string | false
  readonly name?: string
  readonly stateTtl: number
  readonly stateStrict?: true
  readonly onChange?: string
  readonly events?: string
}

/** The options of all verbs together; each knows some of them. */
export type VerbFlags = Pick<CommonOptions, 'color' | 'quiet'> &
  ServerFlags & {
    readonly state?: string
    readonly name?: string
    readonly json?: true
    readonly stateStrict?: true
    readonly for?: number
    readonly why?: string
  }

const opens = 'When it opens'
const open = 'While it is open'
const state = 'State'
const told = 'Notifications'

export const strictOption = (): Option =>
  option(state, '--state-strict', 'exit with 74 if the state cannot be read, instead of starting closed')

/** Where the circuit is kept. */
export const listPlaceOptions = (): readonly Option[] => [
  option(
    state,
    '--state <file>',
    'share the circuit with other runs in this file, or on a server: redis://HOST/NAME; with --breaker-key a folder',
  ),
  option(
    state,
    '--name <name>',
    'name of the circuit; without --state also its file: $XDG_STATE_HOME/streamz/breaker/NAME.json',
  ),
]

export const listBreakerOptions = (): readonly Option[] => [
  option(
    opens,
    '--window <n/duration>',
    'look at the last N attempts, and ignore older ones except the newest --min-calls (100/60s); also `100` or `60s`',
    windowSize,
  ).default(breakerDefaults.window, '100/60s'),
  option(
    opens,
    '--min-calls <n>',
    'do not compute a rate from fewer attempts (10, or --consecutive)',
    wholeNumber(1, 1e6),
  ),
  option(
    opens,
    '--fail-rate <p%|off>',
    'open when at least this share of attempts failed (50%)',
    orOff(positivePercentage),
  ).default(0.5),
  option(
    opens,
    '--consecutive <n|off>',
    'open after N failures in a row, however long they take (10 temporary ones, or --min-calls)',
    orOff(wholeNumber(1, 1e6)),
  ),
  option(opens, '--failure-on <list>', 'also count these as failures: kinds, exit:CODE, status:CODE', failurePattern),
  option(opens, '--ignore <list>', 'never count these', failurePattern),
  option(
    opens,
    '--slow <duration[:p%]>',
    'open when at least this share (50%) of attempts takes longer, running ones included',
    slowLimit,
  ),
  option(
    open,
    '--on-open <what>',
    '`pause` reading (default), `fail`: exit with 75, `reject`: records fail as `breaker_open`',
    choice(['pause', 'fail', 'reject']),
  ).default('pause'),
  option(
    open,
    '--open-for <min..max>',
    'stay open for MIN before a probe, twice as long after each failed probe (30s..5m)',
    openTime,
  ).default({ min: 30_000, max: 300_000 }),
  option(open, '--probes <n>', 'close after N successful probes in a row (3)', wholeNumber(1, 1000)).default(3),
  option(
    open,
    '--breaker-key <path>',
    'a separate circuit for each value of this field, at most 1,000; needs --order completion or --order-by',
    fieldPath,
  ),
  ...listPlaceOptions(),
  option(state, '--no-state', 'keep the circuit in memory, even with --name'),
  option(
    state,
    '--state-ttl <duration>',
    'forget the attempts of a closed circuit that was not used for this long (24h)',
    duration,
  ).default(24 * 3_600_000),
  strictOption(),
  asCode(
    option(
      told,
      '--on-change <command>',
      'run with /bin/sh at each change; details in STREAMZ_BREAKER_FROM, _TO, _RULE, …',
    ),
  ),
  option(told, '--events <file>', 'append each change to this file as an event/1 line'),
]

/** The rule of the circuit as the flags describe it. Throws a `UsageError` where they contradict each other. */
export const toBreakerOptions = (flags: BreakerFlags, name: string, program?: string): BreakerOptions => {
  const { window, minCalls, failRate, consecutive, slow, openFor, probes, stateTtl, killAfter } = flags
  // A call that was asked to end may run until SIGKILL, plus some time until that is noticed.
  const ending = Math.max(5000, killAfter + 3000)
  try {
    return createBreakerOptions({
      name,
      by: `${hostname()}:${process.pid}`,
      who: whoAmI(flags.stage),
      program,
      window,
      ...(minCalls === undefined ? {} : { minCalls }),
      failRate: failRate === 'off' ? undefined : failRate,
      ...(consecutive === undefined ? {} : { consecutive: consecutive === 'off' ? undefined : consecutive }),
      counting: countingOf(flags),
      slow,
      openFor: { first: openFor.min, longest: openFor.max, jitter: 0.2 },
      probes,
      lease: (longestCallOf(flags) ?? withoutTimeout) + ending,
      ttl: stateTtl,
    })
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message)
    throw error
  }
}

/** What counts besides the usual, and what not. */
export const countingOf = ({ failureOn, ignore }: BreakerFlags): Counting => ({ failureOn, ignore })

// Another process must be able to take over from a probe that died.
const withoutTimeout = 600_000

export const checkBreakerFlags = (flags: BreakerFlags): void => {
  if (flags.breakerKey !== undefined && flags.order !== 'completion' && flags.orderBy === undefined) {
    throw new UsageError(
      `--breaker-key ${flags.breakerKey.text} lets some records wait while others proceed, so the output cannot stay in input order: add --order completion, or --order-by ${flags.breakerKey.text}`,
    )
  }
}
