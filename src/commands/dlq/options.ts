import type { Option } from 'commander'
import { option } from '../../cli/option.js'
import { size } from '../../cli/values/size.js'

export type MaxLineFlag = { readonly maxLine: number }

/** The option of every verb that reads a dead-letter file. */
export const listMaxLine = (): readonly Option[] => [
  option('Input and output', '--max-line <size>', 'maximum length of a line (16MiB)', size).default(
    16 * 1024 * 1024,
    '16MiB',
  ),
]

export const jsonOption = () => option('Input and output', '--json', 'as JSON, one value per line')
