import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import type { FailurePattern } from '../core/failure-pattern.js'
import { type Path, parsePath } from '../core/path.js'
import type { CommonOptions } from './common-options.js'
import { option, UsageError } from './definition.js'
import { choice } from './values/choice.js'
import { duration } from './values/duration.js'
import { type DurationRange, durationRange } from './values/duration-range.js'
import { failurePattern } from './values/failure-pattern.js'
import { size } from './values/size.js'
import { wholeNumber } from './values/whole-number.js'

/** The options of every command that makes a call per record. Durations in milliseconds, sizes in bytes. */
export type MapFlags = CommonOptions & {
  readonly concurrency: number
  readonly timeout: number
  readonly killAfter: number
  readonly maxResponse: number
  readonly order: 'input' | 'completion'
  readonly orderWindow?: number
  readonly orderBy?: Path
  readonly retries: number
  readonly backoff: DurationRange
  readonly recordDeadline: number
  readonly retryOn?: FailurePattern
  readonly multi?: true
  readonly raw?: true
  readonly into?: Path
  readonly keep?: true
  readonly shell?: true
  readonly dryRun?: true
  readonly dlqOutage: 'on' | 'off'
}

const calls = 'Calls'
const order = 'Order'
const retries = 'Retries'
const results = 'Results'

export const addMapOptions = (command: Command): Command =>
  command
    .addOption(
      option(calls, '-j, --concurrency <n>', 'calls at once (number of cores)', wholeNumber(1, 10_000)).default(
        availableParallelism(),
        'cores',
      ),
    )
    .addOption(
      option(calls, '--timeout <duration>', 'end a call that takes longer, 0 for never (30s)', duration).default(
        30_000,
      ),
    )
    .addOption(
      option(calls, '--kill-after <duration>', 'from TERM to KILL of its process group (2s)', duration).default(2000),
    )
    .addOption(option(calls, '--shell', 'COMMAND is a script for /bin/sh; fields come as "$1", "$2", …'))
    .addOption(
      option(calls, '--max-response <size>', 'longest output of a call (16MiB)', size).default(16 * 1024 * 1024),
    )
    .addOption(option(calls, '--dry-run', 'print the calls as JSON arrays, make none'))
    .addOption(
      option(
        order,
        '--order <which>',
        'results in the order of `input` or `completion` (input)',
        choice(['input', 'completion']),
      ).default('input'),
    )
    .addOption(
      option(order, '--order-window <n>', 'records read and not settled, at most (4 x concurrency)', wholeNumber(1)),
    )
    .addOption(
      option(
        order,
        '--order-by <path>',
        'one after another for the same value, in parallel for different ones',
        parsePath,
      ),
    )
    .addOption(option(retries, '--retries <n>', 'further tries after the first (0)', wholeNumber(0, 1000)).default(0))
    .addOption(
      option(
        retries,
        '--backoff <min..max>',
        'wait between tries, doubling, with full jitter (500ms..30s)',
        durationRange,
      ).default({
        min: 500,
        max: 30_000,
      }),
    )
    .addOption(
      option(retries, '--record-deadline <duration>', 'all tries and waits of one record together', duration).default(
        0,
      ),
    )
    .addOption(
      option(
        retries,
        '--retry-on <list>',
        'what is tried again: kinds, exit:CODE, status:CODE (what may pass: class transient or throttled)',
        failurePattern,
      ),
    )
    .addOption(
      option(
        retries,
        '--dlq-outage <when>',
        'with a dead-letter file, end the run with 75 when half of the last 100 records failed in a way that may pass: `on` or `off` (on)',
        choice(['on', 'off']),
      ).default('on'),
    )
    .addOption(
      option(results, '--into <path>', 'put the result at this path of the record', parsePath).conflicts('keep'),
    )
    .addOption(option(results, '--keep', 'emit {"record":…,"result":…}'))
    .addOption(option(results, '--multi', 'each line of output is a record: none, one or many'))
    .addOption(option(results, '--raw', 'output is text and becomes a JSON string'))

export const checkMapFlags = (flags: MapFlags): void => {
  const { orderWindow, concurrency } = flags
  if (orderWindow !== undefined && orderWindow < concurrency) {
    throw new UsageError(
      `--order-window ${orderWindow} is smaller than --concurrency ${concurrency}: give at least ${concurrency}, or fewer calls at once with -j`,
    )
  }
}
