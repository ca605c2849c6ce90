import type { Option } from 'commander'
import { option } from '../../cli/option.js'
import { UsageError } from '../../cli/usage-error.js'
import { size } from '../../cli/values/size.js'

export type LastFlags = { readonly last?: true; readonly maxBytes?: number }

const group = 'Which records'

/** Options of what counts records from the end. */
export const listLastOptions = (): Option[] => [
  option(group, '--last', 'the last COUNT records, not the first'),
  option(group, '--max-bytes <size>', 'with --last: hold at most this much, else exit 74 (256MiB)', size),
]

/** How many bytes may be held; undefined without `--last`. */
export const readLast = ({ last, maxBytes }: LastFlags, command: string): { readonly maxBytes: number } | undefined => {
  if (last) return { maxBytes: maxBytes ?? 256 * 2 ** 20 }
  if (maxBytes === undefined) return undefined
  throw new UsageError(`--max-bytes needs --last, as in: streamz ${command} --last 10 --max-bytes 1GiB`)
}
