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
  option(group, '--append', 'write on where a file exists already, and where an earlier run has left one unfinished'),
  option(group, '--overwrite', 'replace files that exist already, once all is written'),
  option(group, '--gzip', 'pack the files; .gz is put behind their names'),
  option(group, '--max-open <n>', 'files open at once; fewer where the system allows no more (256)', wholeNumber(1)),
]

/** What the flags say about files that exist already. Throws a UsageError for flags that contradict each other. */
export const readExisting = ({ append, overwrite, gzip }: OutputFlags): Existing => {
  if (append && overwrite) throw new UsageError('--append and --overwrite say different things: give one of them')
  if (append && gzip) {
    throw new UsageError(
      '--append cannot be used with --gzip, because a compressed file does not show whether its last line is complete: write new files and join them with cat',
    )
  }
  return append ? 'append' : overwrite ? 'overwrite' : 'refuse'
}
