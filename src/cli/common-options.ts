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
  option(input, '-r, --raw-output', 'records that are strings are written as text'),
  option(input, '--max-line <size>', 'a longer line becomes a failure `too_long` (16MiB)', size).default(
    16 * 1024 * 1024,
    '16MiB',
  ),
  option(input, '--no-failures-in', 'lines that look like failure records are records'),
  option(failed, '--dlq <file>', 'append failed records to this dead-letter file'),
  option(
    failed,
    '--dlq-max <size>',
    'longest dead-letter file: what would make it longer goes to stderr and the run ends, exit 74 (1GiB)',
    size,
  ).default(2 ** 30, '1GiB'),
  option(failed, '--inline', 'put failure records on standard output, in the place of the record').conflicts('dlq'),
  option(
    failed,
    '--failures <how>',
    'on stderr: `full` failure records, one line of `text` each (default on a terminal), or `brief`: line and kind',
    choice(['full', 'text', 'brief']),
  ).conflicts(['dlq', 'inline']),
  option(failed, '--tolerate <n|p%>', 'so many failures still exit 0 (0)', countOrPercent).default({ count: 0 }, '0'),
  option(failed, '--max-fail <n|p%>', 'stop reading when more have failed, exit 65', countOrPercent),
  option(failed, '--id <path>', 'take the id of a record from this field', fieldPath),
  option(failed, '--stage <name>', 'name of this stage in failure records'),
  option(ending, '--drain <duration>', 'time for running work after a signal or the deadline (10s)', duration).default(
    10_000,
    '10s',
  ),
  option(ending, '--deadline <duration>', 'end the whole run after this time, drained, exit 124', duration),
  option(messages, '--summary <file>', 'write the counters of the run as JSON (`-`: stderr)'),
  option(messages, '--progress', 'draw a progress line on stderr (default on a terminal, when the output is a file)'),
  option(messages, '--no-progress', 'draw none'),
  ...listMessageOptions(),
]

/** Those of every command that says something. */
export const listMessageOptions = (): readonly Option[] => [
  option(messages, '--color <when>', '`never`, `always` or `auto`', choice(['never', 'always', 'auto'])).default(
    'auto',
  ),
  option(messages, '-q, --quiet', 'no messages for people; failure records and errors stay'),
]
