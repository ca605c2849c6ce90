import { availableParallelism } from 'node:os'
import type { Option } from 'commander'
import type { CommonOptions } from '../../cli/common-options.js'
import { asCode, option } from '../../cli/option.js'
import { listServerOptions, type ServerFlags } from '../../cli/servers/options.js'
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
import { checkJournalFlags, type JournalFlags } from './journal/options.js'

/** The options of every command that makes a call per record. Durations in milliseconds, sizes in bytes. */
export type MapFlags = CommonOptions &
  ServerFlags &
  HttpFlags &
  JournalFlags & {
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

export const listMapOptions = (): readonly Option[] => [
  ...listCallOptions(),
  ...listHttpOptions(),
  ...listServerOptions(),
]

const listCallOptions = (): readonly Option[] => [
  option(calls, '-j, --concurrency <n>', 'calls at the same time (number of cores; --http: 4)', wholeNumber(1, 10_000)),
  option(calls, '--timeout <duration>', 'kill a call that takes longer, 0: no limit (30s)', duration).default(30_000),
  option(
    calls,
    '--kill-after <duration>',
    'time between SIGTERM and SIGKILL for its process group (2s)',
    duration,
  ).default(2000),
  option(
    calls,
    '--start-timeout <duration>',
    'time allowed for the first answer of a worker, or to load a script, 0: no limit (60s, or --timeout if longer)',
    duration,
  ),
  option(calls, '--worker', 'start COMMAND once; it answers each line with a line'),
  option(
    calls,
    '--pipeline <n>',
    'lines in flight per worker (1); if it dies, all of them fail',
    wholeNumber(1, 100_000),
  ),
  option(
    calls,
    '--correlate <path>',
    "require the worker's answer to repeat this field of its record",
    fieldPath,
  ).conflicts('raw'),
  asCode(option(calls, '--js <function>', 'call this JavaScript function, as in: r => ({...r, total: r.price * r.n})')),
  option(calls, '--module <file>', 'call the default export of this JavaScript module'),
  option(calls, '--max-heap <size>', 'memory limit for the values of one JavaScript thread (512MiB)', size),
  option(calls, '--shell', 'COMMAND is a script for /bin/sh; the fields are "$1", "$2", …'),
  option(calls, '--max-response <size>', 'maximum output of a call (16MiB)', size).default(16 * 1024 * 1024),
  option(calls, '--dry-run', 'print the calls as JSON arrays without making them'),
  option(
    order,
    '--order <which>',
    'order of the results: `input` or `completion` (input)',
    choice(['input', 'completion']),
  ).default('input'),
  option(
    order,
    '--order-window <n>',
    'maximum number of records read but not finished (4 x concurrency)',
    wholeNumber(1),
  ),
  option(order, '--order-by <path>', 'records with the same value one at a time, others in parallel', fieldPath),
  option(retries, '--retries <n>', 'maximum number of retries (0; GET, HEAD, PUT, DELETE: 2)', wholeNumber(0, 1000)),
  option(
    retries,
    '--backoff <min..max>',
    'wait between attempts, doubling, with full jitter (500ms..30s)',
    durationRange,
  ).default({
    min: 500,
    max: 30_000,
  }),
  option(
    retries,
    '--record-deadline <duration>',
    'time limit for all attempts and waits of one record',
    duration,
  ).default(0),
  option(
    retries,
    '--retry-on <list>',
    'also retry these besides temporary failures: kinds, exit:CODE, status:CODE; =LIST: only these',
    addedPattern,
  ),
  takeLiterally(option(retries, '--no-retry-on <list>', 'never retry these', failurePattern)),
  option(
    retries,
    '--retry-budget <p%/n>',
    'maximum number of retries at the same time, as a share of the running calls; N are always allowed (20%/3)',
    retryBudget,
  ).default({ share: 0.2, floor: 3 }, '20%/3'),
  option(
    calls,
    '--rate <rate>',
    "limit the calls, retries included: 500/m, '200000/m of .tokens burst 20000'; several limits all apply",
    repeated(weighedRate),
  ),
  option(calls, '--rate-state <file>', 'share the rates with all runs that name this file'),
  option(calls, '--rate-state-reset', 'discard what --rate-state contains and start again'),
  option(calls, '--settle <path>', 'field of the answer with the actual cost, for the --rate with `of`', fieldPath),
  option(
    retries,
    '--retry-after <regex>',
    'find the time to retry at in the output of a failing COMMAND: the group of the last match, in stderr or else in stdout',
    retryAfterPattern,
  ),
  option(
    retries,
    '--max-pause <duration>',
    'exit with 75 when a service that asks to wait, or an open breaker, holds up records this long; 0: never (10m)',
    duration,
  ).default(600_000),
  option(
    retries,
    '--dlq-outage <when>',
    'with a dead-letter file, exit with 75 when half of the last 100 records failed temporarily: `on` or `off` (on)',
    choice(['on', 'off']),
  ).default('on'),
  option(results, '--into <path>', 'put the result at this path of the record', fieldPath).conflicts('keep'),
  option(results, '--keep', 'write {"record":…,"result":…}'),
  option(results, '--pass', 'pass on the record itself if the call succeeds; ignore its output').conflicts([
    'into',
    'keep',
    'multi',
    'raw',
    'batch',
    'js',
    'module',
  ]),
  option(results, '--multi', 'each line of output is a record: none, one or many'),
  option(results, '--batch', 'records and answers are arrays; bad items fail one by one').conflicts(['multi', 'raw']),
  option(results, '--raw', 'output is text and becomes a JSON string'),
]

/** An option whose name begins with `no-` and that takes a value: it is no denial of another one. */
const takeLiterally = (created: Option): Option => {
  created.negate = false
  return created
}

/** Number of calls at the same time: as the user says, or the default for the kind of call. */
export const concurrencyOf = ({ concurrency, http }: MapFlags): number =>
  concurrency ?? (http === undefined ? availableParallelism() : 4)

/** Whether the results of a call need not be looked at one by one. */
export const isPacked = ({ multi, raw, into, keep, batch }: MapFlags): boolean =>
  multi === true && !raw && into === undefined && !keep && !batch

/** Milliseconds from the start of a worker to its first answer; 0 for no end. */
export const startTimeoutOf = ({ timeout, startTimeout }: MapFlags): number =>
  startTimeout ?? (timeout === 0 ? 0 : Math.max(60_000, timeout))

/** Time limit of a call in milliseconds; undefined: no limit. */
export const longestCallOf = (flags: MapFlags): number | undefined => {
  const { timeout, worker } = flags
  const start = worker ? startTimeoutOf(flags) : timeout
  return timeout === 0 || start === 0 ? undefined : Math.max(timeout, start)
}

export const checkMapFlags = (flags: MapFlags): void => {
  checkRates(flags)
  checkJournalFlags(flags)
  const { orderWindow } = flags
  const concurrency = concurrencyOf(flags)
  if (orderWindow !== undefined && orderWindow < concurrency) {
    throw new UsageError(
      `--order-window ${orderWindow} is smaller than --concurrency ${concurrency}; use at least ${concurrency}, or fewer calls at once with -j`,
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
      `--settle ${settle.text} corrects what was charged to the one --rate with \`of\`, but ${count === 0 ? 'none was' : `${count} were`} given; example: --rate '200000/m of .tokens' --settle .usage.total_tokens`,
    )
  }
  if (batch || multi || raw)
    throw new UsageError('--settle reads one JSON answer: it cannot be used with --batch, --multi and --raw')
}
