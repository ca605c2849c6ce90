import type { Ledger } from '../../core/ledger.js'
import type { CommonOptions } from '../common-options.js'
import type { CountOrShare } from '../values/percentage.js'

type Counts = Pick<Ledger, 'rejected' | 'read'>

/** Percentages need some records before they mean anything. */
const minForPercentage = 20

/** `--max-fail`: whether more have failed; undefined without it. While `read` is behind a percentage cannot tell. */
export const isTooMany = ({ maxFail }: Pick<CommonOptions, 'maxFail'>) => {
  if (maxFail === undefined) return undefined
  if ('count' in maxFail) return ({ rejected }: Counts) => rejected > maxFail.count
  return ({ rejected, read }: Counts, isReadKnown: boolean) =>
    isReadKnown && read >= minForPercentage && rejected > maxFail.share * read
}

/** `--tolerate`: whether this number of failures still exits 0; `taken` are those of earlier stages that this run keeps. */
export const isTolerated = (options: CommonOptions, taken: number, ledger: Ledger): boolean => {
  // Handed on: the stage that takes them out answers for them.
  if (options.inline) return true
  const failed = ledger.rejected + taken
  if (failed === 0) return true
  if (ledger.byKind.has('too_long')) return false
  return isWithin(options.tolerate, failed, ledger.read + taken)
}

/** Whether a count of failures among `total` records is within the limit. */
export const isWithin = (allowed: CountOrShare, count: number, total: number): boolean =>
  'count' in allowed ? count <= allowed.count : count <= allowed.share * total
