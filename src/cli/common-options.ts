import type { Option } from 'commander'
import type { Path } from '../core/json/path.js'
import { option } from './option.js'
import { choice } from './values/choice.js'
import { duration } from './values/duration.js'
import { fieldPath } from './values/field-path.js'
import { type CountOrShare, countOrPercent } from './values/percentage.js'
import { size } from './values/size.js'

/** The options of every command that reads records. */
export type CommonOptions = {
  readonly rawInput?: true
  readonly rawOutput?: true
  readonly maxLine: number
  readonly failuresIn: boolean
  readonly dlq?: string
  readonly dlqMax: number
  readonly inline?: true
  readonly failures?: 'full' | 'text' | 'brief'
  readonly tolerate: CountOrShare
  readonly maxFail?: CountOrShare
  readonly id?: Path
  readonly stage?: string
  readonly drain: number
  readonly deadline?: number
  readonly summary?: string
  readonly progress?: boolean
  readonly color: 'never' | 'always' | 'auto'
  readonly quiet?: true
}

const input = 'Input and output'
const failed = 'Failures'
const ending = 'Ending'
const messages = 'Messages'

/** Added by the driver to every command that reads records. */
export const listCommonOptions = (): readonly Option[] => [
  option(input, '-R, --raw-input', 'each line is text and becomes a JSON string'),
  option(input, '-r, --raw-output', 'write records that are strings as text'),
  option(input, '--max-line <size>', 'longer lines fail as `too_long` (16MiB)', size).default(
    16 * 1024 * 1024,
    '16MiB',
  ),
  option(
    input,
    '--no-failures-in',
    'treat failure records as ordinary records; a failure record is recognized by its first bytes',
  ),
  option(failed, '--dlq <file>', 'append failed records to this dead-letter file'),
  option(
    failed,
    '--dlq-max <size>',
    'maximum size of the dead-letter file (1GiB); when it is reached, failures go to stderr and the run stops, exit 74',
    size,
  ).default(2 ** 30, '1GiB'),
  option(failed, '--inline', 'write failure records to standard output; they take the place of the record').conflicts(
    'dlq',
  ),
  option(
    failed,
    '--failures <how>',
    'failures on stderr: `full`, `text` or `brief`; whole records, a line with the reason (default on a terminal), line and kind',
    choice(['full', 'text', 'brief']),
  ).conflicts(['dlq', 'inline']),
  option(failed, '--tolerate <n|p%>', 'exit 0 with up to this many failures (0)', countOrPercent).default(
    { count: 0 },
    '0',
  ),
  option(failed, '--max-fail <n|p%>', 'exit 65 when more than this many records failed; reading stops', countOrPercent),
  option(failed, '--id <path>', 'use this field as the id of a record', fieldPath),
  option(failed, '--stage <name>', 'name of this stage in failure records'),
  option(
    ending,
    '--drain <duration>',
    'time to finish after a signal or --deadline (10s); running work that takes longer is ended',
    duration,
  ).default(10_000, '10s'),
  option(
    ending,
    '--deadline <duration>',
    'stop the run after this time, exit 124; running work may finish (--drain)',
    duration,
  ),
  option(messages, '--summary <file>', 'write the counters of the run as JSON (`-`: stderr)'),
  option(messages, '--progress', 'show a progress line; the default on a terminal when the output is a file'),
  option(messages, '--no-progress', 'do not show a progress line'),
  ...listMessageOptions(),
]

/** Those of every command that says something. */
export const listMessageOptions = (): readonly Option[] => [
  option(messages, '--color <when>', '`never`, `always` or `auto`', choice(['never', 'always', 'auto'])).default(
    'auto',
  ),
  option(messages, '-q, --quiet', 'print only errors and failure records'),
]
