import type { Ledger } from '../../core/ledger.js'
import type { StopReason } from '../../core/run.js'
import { formatCount } from '../format.js'
import type { Messages } from '../messages.js'

export type End = {
  readonly reason: StopReason | undefined
  readonly ledger: Ledger
  /** How many records there were to fail. */
  readonly records: number
  /** The dead-letter files, if there are any; the first takes what none of the others does. */
  readonly kept: readonly string[]
  readonly messages: Messages
}

/** Says at the end of a run what failed, where it is kept, why the run ended early and what was not delivered. */
export const describeEnd = ({ reason, ledger, records, kept, messages }: End): void => {
  if (ledger.rejected > 0) {
    const kinds = [...ledger.byKind].map(([kind, count]) => `${formatCount(count)} ${kind}`).join(', ')
    const [first] = kept
    const hint =
      first === undefined ? '' : `; kept in ${kept.join(', ')}; replay: streamz dlq replay ${quoteForShell(first)} -- …`
    messages.note(`${formatCount(ledger.rejected)} of ${formatCount(records)} records failed (${kinds})${hint}`)
  }
  const why = describeReason(reason)
  const { undelivered, resume } = ledger
  if (why === undefined && undelivered === 0) return
  const place = resume?.file === undefined ? '' : ` (${resume.file})`
  const rest = resume === undefined ? '' : `${place}; undelivered=${undelivered} from line ${resume.number}`
  messages.error(`${why ?? 'Some results were not taken'}${rest}`)
}

/** A word as a shell takes it. */
export const quoteForShell = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

const describeReason = (reason: StopReason | undefined): string | undefined => {
  switch (reason?.why) {
    case 'failed':
      return reason.message
    case 'signal':
      return `Stopped by ${reason.signal}`
    case 'deadline':
      return 'Stopped: the --deadline is over'
    case 'max-fail':
      return 'Stopped: more records failed than --max-fail allows'
    case 'processor':
      return reason.stop.message
    default:
      return undefined
  }
}
