import { availableParallelism } from 'node:os'
import type { Option } from 'commander'
import type { CommonOptions } from '../../cli/common-options.js'
import { option } from '../../cli/option.js'
import { UsageError } from '../../cli/usage-error.js'
import { choice } from '../../cli/values/choice.js'
import { duration } from '../../cli/values/duration.js'
import { type DurationRange, durationRange } from '../../cli/values/duration-range.js'
import { type AddedPattern, addedPattern, failurePattern } from '../../cli/values/failure-pattern.js'
import { fieldPath } from '../../cli/values/field-path.js'
import { type WeighedRate, weighedRate } from '../../cli/values/rate.js'
import { retryAfterPattern } from '../../cli/values/retry-after-pattern.js'
import { retryBudget } from '../../cli/values/retry-budget.js'
import { size } from '../../cli/values/size.js'
import { repeated } from '../../cli/values/value-parser.js'
import { wholeNumber } from '../../cli/values/whole-number.js'
import type { Path } from '../../core/json/path.js'
import type { FailurePattern } from '../../core/rules/failure-pattern.js'
import type { RetryBudget } from '../../core/rules/retry-budget.js'
import { type HttpFlags, listHttpOptions } from './http-options.js'

/** The options of every command that makes a call per record. Durations in milliseconds, sizes in bytes. */
export type MapFlags = CommonOptions &
  HttpFlags & {
    readonly concurrency?: number
    readonly timeout: number
    readonly killAfter: number
    readonly maxResponse: number
    readonly order: 'input' | 'completion'
    readonly orderWindow?: number
    readonly orderBy?: Path
    readonly retries?: number
    readonly backoff: DurationRange
    readonly recordDeadline: number
    readonly retryOn?: AddedPattern
    readonly retryAfter?: RegExp
    readonly noRetryOn?: FailurePattern
    readonly retryBudget: RetryBudget
    readonly maxPause: number
    readonly rate?: readonly WeighedRate[]
    readonly settle?: Path
    readonly rateState?: string
    readonly rateStateReset?: true
    readonly multi?: true
    readonly raw?: true
    readonly into?: Path
    readonly keep?: true
    readonly pass?: true
    readonly startTimeout?: number
    readonly maxHeap?: number
    readonly shell?: true
    readonly dryRun?: true
    readonly dlqOutage: 'on' | 'off'
    readonly worker?: true
    readonly pipeline?: number
    readonly correlate?: Path
    readonly js?: string
    readonly module?: string
    readonly batch?: true
  }

const calls = 'Calls'
const order = 'Order'
const retries = 'Retries'
const results = 'Results'

export const listMapOptions = (): readonly Option[] => [...listCallOptions(), ...listHttpOptions()]

const listCallOptions = (): readonly Option[] => [
  option(calls, '-j, --concurrency <n>', 'calls at once (number of cores; --http: 4)', wholeNumber(1, 10_000)),
  option(calls, '--timeout <duration>', 'end a call that takes longer, 0 for never (30s)', duration).default(30_000),
  option(calls, '--kill-after <duration>', 'from TERM to KILL of its process group (2s)', duration).default(2000),
  option(
    calls,
    '--start-timeout <duration>',
    'for a worker to answer since its start, or a script to load, 0 for no end (60s, or --timeout when longer)',
    duration,
  ),
  option(calls, '--worker', 'COMMAND is started once and answers each line with a line'),
  option(
    calls,
    '--pipeline <n>',
    'lines in flight in one worker (1); its death fails them all',
    wholeNumber(1, 100_000),
  ),
  option(
    calls,
    '--correlate <path>',
    "a worker's answer repeats this field of its record: a line that does not is no answer",
    fieldPath,
  ).conflicts('raw'),
  option(calls, '--js <function>', 'call this JavaScript function, as in: r => ({...r, total: r.price * r.n})'),
  option(calls, '--module <file>', 'call the default export of this JavaScript module'),
  option(calls, '--max-heap <size>', 'memory for the values of one thread of JavaScript (512MiB)', size),
  option(calls, '--shell', 'COMMAND is a script for /bin/sh; fields come as "$1", "$2", …'),
  option(calls, '--max-response <size>', 'longest output of a call (16MiB)', size).default(16 * 1024 * 1024),
  option(calls, '--dry-run', 'print the calls as JSON arrays, make none'),
  option(
    order,
    '--order <which>',
    'results in the order of `input` or `completion` (input)',
    choice(['input', 'completion']),
  ).default('input'),
  option(order, '--order-window <n>', 'records read and not settled, at most (4 x concurrency)', wholeNumber(1)),
  option(order, '--order-by <path>', 'one after another for the same value, in parallel for different ones', fieldPath),
  option(
    retries,
    '--retries <n>',
    'further tries after the first (0; GET, HEAD, PUT, DELETE: 2)',
    wholeNumber(0, 1000),
  ),
  option(
    retries,
    '--backoff <min..max>',
    'wait between tries, doubling, with full jitter (500ms..30s)',
    durationRange,
  ).default({
    min: 500,
    max: 30_000,
  }),
  option(retries, '--record-deadline <duration>', 'all tries and waits of one record together', duration).default(0),
  option(
    retries,
    '--retry-on <list>',
    'what is tried again besides what may pass: kinds, exit:CODE, status:CODE; =LIST: nothing else',
    addedPattern,
  ),
  takeLiterally(
    option(retries, '--no-retry-on <list>', 'what is not tried again, whatever else says so', failurePattern),
  ),
  option(
    retries,
    '--retry-budget <p%/n>',
    'retries at once: this share of the calls, never fewer than n (20%/3)',
    retryBudget,
  ).default({ share: 0.2, floor: 3 }, '20%/3'),
  option(
    calls,
    '--rate <rate>',
    "calls per time, tries included: 500/m, '200000/m of .tokens burst 20000'; several are all kept",
    repeated(weighedRate),
  ),
  option(calls, '--rate-state <file>', 'the rates are those of all runs that name this file'),
  option(calls, '--rate-state-reset', 'begin anew with what --rate-state holds'),
  option(calls, '--settle <path>', 'the answer says here what a call has cost in the rate with `of`', fieldPath),
  option(
    retries,
    '--retry-after <regex>',
    'a COMMAND that fails says when to come back: its group is a time in what it wrote, stderr before stdout',
    retryAfterPattern,
  ),
  option(
    retries,
    '--max-pause <duration>',
    'end the run with 75 when records were held up so long, by a service that asks to wait or an open breaker; 0: never (10m)',
    duration,
  ).default(600_000),
  option(
    retries,
    '--dlq-outage <when>',
    'with a dead-letter file, end the run with 75 when half of the last 100 records failed in a way that may pass: `on` or `off` (on)',
    choice(['on', 'off']),
  ).default('on'),
  option(results, '--into <path>', 'put the result at this path of the record', fieldPath).conflicts('keep'),
  option(results, '--keep', 'emit {"record":…,"result":…}'),
  option(results, '--pass', 'the record itself goes on when the call succeeds, whatever that prints').conflicts([
    'into',
    'keep',
    'multi',
    'raw',
    'batch',
    'js',
    'module',
  ]),
  option(results, '--multi', 'each line of output is a record: none, one or many'),
  option(results, '--batch', 'records are arrays, answers too; bad items fail alone').conflicts(['multi', 'raw']),
  option(results, '--raw', 'output is text and becomes a JSON string'),
]

/** An option whose name begins with `no-` and that takes a value: it is no denial of another one. */
const takeLiterally = (created: Option): Option => {
  created.negate = false
  return created
}

/** Calls at once: as many as the user says, else what is usual for the way they are made. */
export const concurrencyOf = ({ concurrency, http }: MapFlags): number =>
  concurrency ?? (http === undefined ? availableParallelism() : 4)

/** Whether the results of a call need not be looked at one by one. */
export const isPacked = ({ multi, raw, into, keep, batch }: MapFlags): boolean =>
  multi === true && !raw && into === undefined && !keep && !batch

/** Milliseconds from the start of a worker to its first answer; 0 for no end. */
export const startTimeoutOf = ({ timeout, startTimeout }: MapFlags): number =>
  startTimeout ?? (timeout === 0 ? 0 : Math.max(60_000, timeout))

/** Milliseconds that a call may take at most; undefined when there is no end. */
export const longestCallOf = (flags: MapFlags): number | undefined => {
  const { timeout, worker } = flags
  const start = worker ? startTimeoutOf(flags) : timeout
  return timeout === 0 || start === 0 ? undefined : Math.max(timeout, start)
}

export const checkMapFlags = (flags: MapFlags): void => {
  checkRates(flags)
  const { orderWindow } = flags
  const concurrency = concurrencyOf(flags)
  if (orderWindow !== undefined && orderWindow < concurrency) {
    throw new UsageError(
      `--order-window ${orderWindow} is smaller than --concurrency ${concurrency}: give at least ${concurrency}, or fewer calls at once with -j`,
    )
  }
}

const checkRates = ({ settle, rate = [], rateState, rateStateReset, batch, multi, raw }: MapFlags): void => {
  if (rateState !== undefined && rate.length === 0)
    throw new UsageError('--rate-state needs --rate, as in: --rate 500/m')
  if (rateStateReset && rateState === undefined) throw new UsageError('--rate-state-reset needs --rate-state FILE')
  if (settle === undefined) return
  const count = rate.filter(({ of }) => of !== undefined).length
  if (count !== 1) {
    throw new UsageError(
      `--settle ${settle.text} corrects what was charged to the one --rate with \`of\`, and ${count === 0 ? 'none is' : `${count} are`} given, as in: --rate '200000/m of .tokens' --settle .usage.total_tokens`,
    )
  }
  if (batch || multi || raw)
    throw new UsageError('--settle reads one JSON answer: it does not go with --batch, --multi and --raw')
}
