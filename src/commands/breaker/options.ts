import { hostname } from 'node:os'
import type { Option } from 'commander'
import type { CommonOptions } from '../../cli/common-options.js'
import { option } from '../../cli/option.js'
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
export type VerbFlags = Pick<CommonOptions, 'color' | 'quiet'> & {
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
const told = 'Transitions'

export const strictOption = (): Option =>
  option(state, '--state-strict', 'exit 74 when the state cannot be read, instead of starting closed')

/** Where the circuit is kept. */
export const listPlaceOptions = (): readonly Option[] => [
  option(state, '--state <file>', 'share the circuit with other runs through this file; a folder with --breaker-key'),
  option(state, '--name <name>', 'its name; without --state also its file: $XDG_STATE_HOME/streamz/breaker/NAME.json'),
]

export const listBreakerOptions = (): readonly Option[] => [
  option(
    opens,
    '--window <n/duration>',
    'judge the last N attempts, none older than this but for the newest --min-calls (100/60s); also `100` or `60s`',
    windowSize,
  ).default(breakerDefaults.window, '100/60s'),
  option(opens, '--min-calls <n>', 'judge no rate on fewer attempts (10, or --consecutive)', wholeNumber(1, 1e6)),
  option(
    opens,
    '--fail-rate <p%|off>',
    'open when this share of attempts failed, or more (50%)',
    orOff(positivePercentage),
  ).default(0.5),
  option(
    opens,
    '--consecutive <n|off>',
    'open after so many failures in a row, however long that takes (10 that may pass, or --min-calls)',
    orOff(wholeNumber(1, 1e6)),
  ),
  option(opens, '--failure-on <list>', 'count these as failures too: kinds, exit:CODE, status:CODE', failurePattern),
  option(opens, '--ignore <list>', 'do not count these, whatever else says so', failurePattern),
  option(
    opens,
    '--slow <duration[:p%]>',
    'open when this share (50%) of attempts takes longer; attempts still running count',
    slowLimit,
  ),
  option(
    open,
    '--on-open <what>',
    '`pause` reading (default), `fail`: end the run with 75, `reject`: records fail as `breaker_open`',
    choice(['pause', 'fail', 'reject']),
  ).default('pause'),
  option(
    open,
    '--open-for <min..max>',
    'open for MIN before a probe is made, twice as long after each failed probe (30s..5m)',
    openTime,
  ).default({ min: 30_000, max: 300_000 }),
  option(open, '--probes <n>', 'close after so many good probes in a row (3)', wholeNumber(1, 1000)).default(3),
  option(
    open,
    '--breaker-key <path>',
    'a circuit for each value of this field, 1,000 at most; needs --order completion or --order-by',
    fieldPath,
  ),
  ...listPlaceOptions(),
  option(state, '--no-state', 'keep the circuit in memory, whatever --name says'),
  option(
    state,
    '--state-ttl <duration>',
    'forget the attempts of a closed circuit not used for so long (24h)',
    duration,
  ).default(24 * 3_600_000),
  strictOption(),
  option(
    told,
    '--on-change <command>',
    'run by /bin/sh at each change, figures in STREAMZ_BREAKER_FROM, _TO, _RULE, …',
  ),
  option(told, '--events <file>', 'append each change to this file, as an event/1 line'),
]

/** The rule of the circuit as the flags describe it. Throws a `UsageError` where they contradict each other. */
export const toBreakerOptions = (flags: BreakerFlags, name: string): BreakerOptions => {
  const { window, minCalls, failRate, consecutive, slow, openFor, probes, stateTtl, killAfter } = flags
  // A call that was told to end may take until the KILL, and some time to be noticed.
  const ending = Math.max(5000, killAfter + 3000)
  try {
    return createBreakerOptions({
      name,
      by: `${hostname()}:${process.pid}`,
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

// Somebody must be able to take over from a probe that died.
const withoutTimeout = 600_000

export const checkBreakerFlags = (flags: BreakerFlags): void => {
  if (flags.breakerKey !== undefined && flags.order !== 'completion' && flags.orderBy === undefined) {
    throw new UsageError(
      `--breaker-key ${flags.breakerKey.text} lets some records wait while others go on, which the order of the input does not allow: add --order completion, or --order-by ${flags.breakerKey.text}`,
    )
  }
}
