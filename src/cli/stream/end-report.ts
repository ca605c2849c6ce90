import type { Ledger } from '../../core/ledger.js'
import type { StopReason } from '../../core/run.js'
import type { StoreError } from '../../stores/store-error.js'
import { formatCount } from '../format.js'
import type { Messages } from '../messages.js'

export type End = {
  readonly reason: StopReason | undefined
  readonly ledger: Ledger
  /** How many records were read. */
  readonly records: number
  /** Failure records that the dead-letter file did not take: they are on standard error. */
  readonly elsewhere: number
  /** Failure records of earlier stages that were to be kept. */
  readonly taken: number
  /** The dead-letter files, if there are any; the first takes what none of the others does. */
  readonly kept: readonly string[]
  /** Whether any of it can be replayed. */
  readonly replayable: boolean
  /** What the last call that failed said at its end, if it said anything. */
  readonly lastWords?: string | undefined
  readonly messages: Messages
}

/** Says at the end of a run what failed, where it is kept, why the run ended early and what was not delivered. */
export const describeEnd = (end: End): void => {
  const { reason, ledger, messages } = end
  if (ledger.rejected > 0) messages.note(`${describeFailures(end)}${describeKept(end)}${describeLast(end)}`)
  else if (end.elsewhere > 0 && describeFull(end) === undefined)
    messages.note(`Of ${formatCount(end.taken)} failure records ${describePlaces(end)}`)
  const why = describeReason(reason)
  const { undelivered, resume } = ledger
  if (why === undefined && undelivered === 0) return
  const place = resume?.file === undefined ? '' : ` (${resume.file})`
  const count = undelivered === 0 ? '' : `; undelivered=${undelivered}`
  const rest = resume === undefined ? count : `${place}; undelivered=${undelivered} from line ${resume.number}`
  const full = describeFull(end)
  messages.error(`${full ?? why ?? 'Some results could not be written'}${rest}`)
}

/** The dead-letter file took some failures and no more: where the run stopped, and where which of them are. */
const describeFull = (end: End): string | undefined => {
  const { reason, ledger, elsewhere, kept } = end
  if (reason?.why !== 'failed' || elsewhere === 0 || kept.length === 0) return undefined
  const at = ledger.resume === undefined ? '' : ` at line ${ledger.resume.number}`
  const advice = reason.advice === undefined ? '' : `. ${reason.advice}`
  return `Stopped${at}: ${reason.message}; ${describePlaces(end)}${advice}`
}

/** Records that were read ahead but not processed might have failed too. */
const describeFailures = ({ ledger, records }: End): string => {
  const kinds = [...ledger.byKind].map(([kind, count]) => `${formatCount(count)} ${kind}`).join(', ')
  const dealtWith = `${formatCount(ledger.rejected)} of ${formatCount(records - ledger.undelivered)}`
  if (ledger.undelivered === 0) return `${dealtWith} records failed (${kinds})`
  return `${dealtWith} processed records failed (${kinds}), of ${formatCount(records)} read`
}

const describeLast = ({ lastWords }: End): string => (lastWords === undefined ? '' : `; last: ${lastWords}`)

const describeKept = (end: End): string => {
  const { ledger, kept, taken, elsewhere } = end
  // The last message tells it.
  if (describeFull(end) !== undefined) return ''
  const replayable = end.replayable && ledger.failed + taken > elsewhere
  const [first] = kept
  if (first === undefined) return ''
  const hint = replayable ? `; replay: streamz dlq replay ${quoteForShell(first)} -- …` : ''
  return elsewhere === 0 ? `; kept in ${kept.join(', ')}${hint}` : `; ${describePlaces(end)}${hint}`
}

const describePlaces = ({ ledger, kept, taken, elsewhere }: End): string =>
  `${formatCount(ledger.failed + taken - elsewhere)} are in ${kept.join(', ')}, ${formatCount(elsewhere)} went to standard error`

/** A word as a shell takes it. */
export const quoteForShell = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** A store could not be used. */
export const failedBy = ({ message, advice }: StoreError): StopReason => ({ why: 'failed', message, advice })

/** Why a run ended early, in words; undefined when it did not, or when that is not worth a word. */
export const describeReason = (reason: StopReason | undefined): string | undefined => {
  switch (reason?.why) {
    case 'failed':
      return reason.message
    case 'signal':
      return `Stopped by ${reason.signal}`
    case 'deadline':
      return 'Stopped: the --deadline was reached'
    case 'max-fail':
      return 'Stopped: more records failed than --max-fail allows'
    case 'processor':
      return reason.stop.message
    default:
      return undefined
  }
}
