import type { Option } from 'commander'
import type { Existing } from '../../stores/outputs/part.js'
import type { CommonOptions } from '../common-options.js'
import { option } from '../option.js'
import { UsageError } from '../usage-error.js'
import { wholeNumber } from '../values/whole-number.js'

export type OutputFlags = CommonOptions & {
  readonly append?: true
  readonly overwrite?: true
  readonly gzip?: true
  readonly maxOpen?: number
}

const group = 'Output files'

/** The options of every command that writes many files. */
export const listOutputOptions = (): readonly Option[] => [
  option(group, '--append', 'append to files that exist, and continue files that an earlier run left unfinished'),
  option(group, '--overwrite', 'replace files that exist, once everything is written'),
  option(group, '--gzip', 'compress the files and add .gz to their names'),
  option(
    group,
    '--max-open <n>',
    "maximum number of files open at once; fewer if the system's limit is lower (256)",
    wholeNumber(1),
  ),
]

/** What to do with existing files. Throws a UsageError for flags that contradict each other. */
export const readExisting = ({ append, overwrite, gzip }: OutputFlags): Existing => {
  if (append && overwrite) throw new UsageError('--append and --overwrite cannot be used together')
  if (append && gzip) {
    throw new UsageError(
      '--append cannot be used with --gzip, because a compressed file does not show whether its last line is complete: write new files and join them with cat',
    )
  }
  return append ? 'append' : overwrite ? 'overwrite' : 'refuse'
}
