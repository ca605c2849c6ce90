import type { Ledger } from '../core/ledger.js'
import type { Cut } from '../core/run.js'
import { formatCount } from './format.js'
import type { Messages } from './messages.js'

export type End = {
  readonly cut: Cut | undefined
  readonly ledger: Ledger
  /** The dead-letter file, if there is one. */
  readonly path: string | undefined
  readonly command: string
  readonly messages: Messages
}

/** Says at the end of a run what failed, where it is kept, why the run ended early and what was not delivered. */
export const describeEnd = ({ cut, ledger, path, messages }: End): void => {
  if (ledger.rejected > 0) {
    const kinds = [...ledger.byKind].map(([kind, count]) => `${formatCount(count)} ${kind}`).join(', ')
    const kept = path === undefined ? '' : `; kept in ${path}`
    messages.note(`${formatCount(ledger.rejected)} of ${formatCount(ledger.read)} records failed (${kinds})${kept}`)
  }
  const why = describeCut(cut)
  const { undelivered, resume } = ledger
  if (why === undefined && undelivered === 0) return
  const place = resume?.file === undefined ? '' : ` (${resume.file})`
  const rest = undelivered === 0 ? '' : `${place}; undelivered=${undelivered} from line ${resume?.number ?? 0}`
  messages.error(`${why ?? 'Some results were not taken'}${rest}`)
}

const describeCut = (cut: Cut | undefined): string | undefined => {
  switch (cut?.why) {
    case 'failed':
      return cut.message
    case 'signal':
      return `Stopped by ${cut.signal}`
    case 'deadline':
      return 'Stopped: the --deadline is over'
    case 'max-fail':
      return 'Stopped: more records failed than --max-fail allows'
    case 'asked':
      return cut.stop.message
    default:
      return undefined
  }
}
