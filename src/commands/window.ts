import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { checkOutput } from '../cli/outputs/check-outputs.js'
import { createRunOutputs } from '../cli/outputs/run-outputs.js'
import { UsageError } from '../cli/usage-error.js'
import { aggregates } from '../cli/values/aggregates.js'
import { duration } from '../cli/values/duration.js'
import { fieldPath } from '../cli/values/field-path.js'
import { fieldPaths } from '../cli/values/field-paths.js'
import { missingKey } from '../cli/values/missing-key.js'
import { orOff } from '../cli/values/or-off.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import type { AggregateSpec } from '../core/aggregates/parse.js'
import type { Path } from '../core/json/path.js'
import { createWindows, type TimeOptions, type WindowOptions } from '../processors/window.js'
import { partOf } from '../stores/outputs/part.js'
import { putLate } from './window/put-late.js'

type WindowFlags = CommonOptions & {
  readonly size?: number
  readonly slide?: number
  readonly gap?: number
  readonly count?: number
  readonly all?: true
  readonly ts?: Path
  readonly lateness?: number
  readonly late?: string
  readonly idle?: number
  readonly maxAhead?: number | 'off'
  readonly key?: readonly Path[]
  readonly missing?: 'pass' | 'drop'
  readonly maxKeys?: number
  readonly agg?: readonly AggregateSpec[]
}

const kinds = 'Windows (one of --size, --gap, --count, --all)'
const times = 'Time'
const figures = 'Figures'

export const define = (): Definition => ({
  words: {
    name: 'window',
    purpose: 'Count, sum and summarize records per window of time or number, and per key',
    usage: '[--size DURATION | --gap DURATION | --count N | --all] [OPTION...] [FILE...]',
    examples: [
      {
        note: 'one record per kind: how many, and their total',
        run: "streamz window --all --key .kind --agg 'n=count, total=sum(.amount)' orders.ndjson",
      },
      {
        note: 'per minute of the time in each record, which may be 10 s late',
        run: 'streamz window --size 1m --ts .time --lateness 10s --key .user --late drop visits.ndjson',
      },
      {
        note: 'the last minute every 10 seconds, by the time of arrival',
        run: "streamz window --size 1m --slide 10s --agg 'n=count, p95=p95(.amount)' < orders.ndjson",
      },
      {
        note: 'a visit ends when a user has done nothing for half an hour',
        run: "streamz window --gap 30m --ts .time --lateness 1h --key .user --agg 'n=count, pages=distinct(.page)' visits.ndjson",
      },
    ],
    notes:
      'Functions of --agg: count, sum, avg, min, max, first, last, distinct, and p50, p95, p99.9 and so on. A missing value and null\nare skipped. Windows are aligned to 1970-01-01T00:00:00Z. With --ts a window closes when the latest time in the input, less\n--lateness, has reached its end. Open windows are written at the end of the input, and at SIGTERM with "partial":true.',
    seeAlso: ['batch', 'dedupe', 'partition'],
  },
  operands: [operand('[files...]')],
  options: [
    option(kinds, '--size <duration>', 'windows of this length (1m)', duration),
    option(kinds, '--slide <duration>', 'a window begins every so often; shorter than --size, they overlap', duration),
    option(kinds, '--gap <duration>', 'a window ends when nothing has come for so long: sessions', duration),
    option(kinds, '--count <n>', 'windows of N records', wholeNumber(1)),
    option(kinds, '--all', 'one window for all records'),
    option(times, '--ts <path>', 'the time of a record: RFC 3339, or a number since 1970 (arrival)', fieldPath),
    option(times, '--lateness <duration>', 'with --ts: how far records may be out of order (0)', duration),
    option(
      times,
      '--late <file>',
      'with --ts: append records that come too late to this file, or `drop` them; else they fail',
    ),
    option(times, '--idle <duration>', 'with --ts: after so long without input time goes on by the clock', duration),
    option(
      times,
      '--max-ahead <duration>',
      'with --ts: a time further ahead of the clock fails; `off`: none does (1h)',
      orOff(duration),
    ),
    option(figures, '--agg <list>', "the figures of a window: 'NAME=FUNCTION(PATH), ...' (n=count)", aggregates),
    option(figures, '--key <path>', 'windows for each value of this field, or of several: .a,.b', fieldPaths),
    option(figures, '--missing <what>', '`pass` on or `drop` a record without the key; else it fails', missingKey),
    option(
      figures,
      '--max-keys <n>',
      'keys in open windows; a record with another fails as `unmatched` (100,000)',
      wholeNumber(1, 1e8),
    ),
  ],
  prepare({ operands, flags: options }: Invocation<WindowFlags>) {
    const [files] = operands as [string[]]
    const { key, missing, maxKeys = 100_000, late, agg = [{ name: 'n', is: 'count' }] } = options
    const span = readSpan(options)
    refuseLonely(options, span)
    const given: Omit<WindowOptions, 'time'> = {
      span,
      aggregates: agg,
      by: key && { key, missing },
      maxKeys,
      maxBytes: 256 * 2 ** 20,
    }
    const time = readTimeOptions(options)
    if (late === undefined || late === 'drop') {
      const kept: TimeOptions | undefined = time && { ...time, late }
      return {
        command: 'window',
        options,
        files,
        create: (_, context) => createWindows({ ...given, time: kept }, context),
      }
    }
    if (late === '-')
      throw new UsageError('--late: - is not a file; windows go to standard output, late records do not')
    const outputs = createRunOutputs({ ...options, append: true })
    return {
      command: 'window',
      options,
      files,
      outputs,
      writes: { '--late': late, '--late, at first': partOf(late) },
      begin: () => checkOutput('--late', late, 'append'),
      create(shared, context) {
        const { put, finish } = putLate(late, options, outputs.open(shared, context))
        const window = createWindows({ ...given, time: time && { ...time, late: put } }, context)
        return {
          ...window,
          async end() {
            await window.end?.()
            finish()
          },
        }
      },
    }
  },
})

/** Most windows that a record may be in: each is counted separately. */
const mostWindows = 1000

const readSpan = ({ size, slide, gap, count, all }: WindowFlags): WindowOptions['span'] => {
  const given = [
    ...(size === undefined ? [] : ['--size']),
    ...(gap === undefined ? [] : ['--gap']),
    ...(count === undefined ? [] : ['--count']),
    ...(all === undefined ? [] : ['--all']),
  ]
  if (given.length > 1) throw new UsageError(`${given.join(' and ')} are different kinds of windows: give one of them`)
  if (slide !== undefined && given.length > 0 && size === undefined) {
    throw new UsageError(`--slide needs --size and cannot be used with ${given[0]}`)
  }
  if (gap !== undefined) return { gap: atLeastOne('--gap', gap) }
  if (count !== undefined) return { count }
  if (all) return 'all'
  const length = atLeastOne('--size', size ?? 60_000)
  if (slide === undefined) return { size: length }
  const step = atLeastOne('--slide', slide)
  if (step > length) {
    throw new UsageError('--slide is longer than --size: records between two windows would be in none')
  }
  if (length / step > mostWindows) {
    throw new UsageError(
      `--slide: each record would be in ${Math.ceil(length / step)} windows; ${mostWindows} is the limit`,
    )
  }
  return { size: length, slide: step }
}

const atLeastOne = (flag: string, milliseconds: number): number => {
  if (milliseconds >= 1) return milliseconds
  throw new UsageError(`${flag}: windows are at least 1ms long, as in: ${flag} 1m`)
}

const refuseLonely = (flags: WindowFlags, span: WindowOptions['span']): void => {
  const { key, missing, maxKeys, ts, lateness, late, idle, maxAhead } = flags
  if (key === undefined && missing !== undefined) {
    throw new UsageError('--missing needs --key: it says what becomes of a record without the key')
  }
  if (key === undefined && maxKeys !== undefined) {
    throw new UsageError('--max-keys needs --key: it limits how many keys have an open window')
  }
  const closing = [
    ...(lateness === undefined ? [] : ['--lateness']),
    ...(late === undefined ? [] : ['--late']),
    ...(idle === undefined ? [] : ['--idle']),
  ]
  const [timed] = [...closing, ...(maxAhead === undefined ? [] : ['--max-ahead'])]
  if (ts === undefined && timed !== undefined) {
    throw new UsageError(`${timed} needs --ts: by their arrival, records are neither late nor early`)
  }
  const isTimed = typeof span === 'object' && !('count' in span)
  if (!isTimed && closing.length > 0) {
    throw new UsageError(`${closing[0]} needs --size or --gap: other windows are not closed by time`)
  }
}

const readTimeOptions = ({ ts, lateness = 0, idle, maxAhead = 3_600_000 }: WindowFlags): TimeOptions | undefined =>
  ts && { path: ts, lateness, idle, maxAhead: maxAhead === 'off' ? Number.POSITIVE_INFINITY : maxAhead }
