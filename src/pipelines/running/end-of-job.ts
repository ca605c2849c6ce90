import { formatCount } from '../../cli/format.js'
import type { Messages } from '../../cli/messages.js'
import { describeReason, quoteForShell } from '../../cli/stream/end-report.js'
import type { Ledger } from '../../core/ledger.js'
import type { StopReason } from '../../core/run.js'
import type { JobStep } from '../file/job-step.js'
import { lettersOf } from './open-letters.js'

export type JobEnd = {
  readonly steps: readonly JobStep[]
  readonly ledgers: readonly Ledger[]
  /** In the order they were read in. */
  readonly files: readonly string[]
  readonly reason: StopReason | undefined
  /** Failures that went to standard error in the place of their file. */
  readonly elsewhere: number
  /** Where incomplete outputs are. */
  readonly kept: readonly string[]
  readonly messages: Messages
}

/** Says at the end of a job what failed in which step, where it is kept, why the job ended early and where it goes on. */
export const describeJobEnd = (end: JobEnd): void => {
  const { ledgers, reason, messages } = end
  const [begin] = ledgers
  if (begin === undefined) return
  const failed = ledgers.reduce((sum, { rejected }) => sum + rejected, 0)
  if (failed > 0) messages.note(describeFailures(end, failed, begin.read))
  const why = describeReason(reason)
  const undelivered = ledgers.reduce((sum, ledger) => sum + ledger.undelivered, 0)
  if (why === undefined && undelivered === 0) return
  const resume = findResume(end)
  const place = resume?.file === undefined ? '' : ` (${resume.file})`
  const rest = resume === undefined ? '' : `; undelivered=${undelivered} from line ${resume.number}`
  const [first = '', ...others] = end.kept
  const kept =
    first === '' ? '' : `; the incomplete output${others.length === 0 ? ' is' : 's are'} in ${end.kept.join(', ')}`
  const advice = reason?.why === 'failed' && reason.advice !== undefined ? `. ${reason.advice}` : ''
  messages.error(`${why ?? 'Some results could not be written'}${advice}${place}${kept}${rest}`)
}

const describeFailures = ({ steps, ledgers, elsewhere }: JobEnd, failed: number, read: number): string => {
  const parts = steps.flatMap(({ name }, index) => {
    const kinds = [...(ledgers[index]?.byKind ?? [])].map(([kind, count]) => `${formatCount(count)} ${kind}`)
    return kinds.length === 0 ? [] : [`${kinds.join(', ')} in ${name}`]
  })
  const files = [...new Set(steps.flatMap((step, index) => (ledgers[index]?.rejected ? (lettersOf(step) ?? []) : [])))]
  const [first] = files
  const kept = first === undefined ? '' : `; kept in ${files.join(', ')}`
  const lost = elsewhere === 0 ? '' : `, but ${formatCount(elsewhere)} went to standard error`
  const replay = first === undefined ? '' : `; replay: streamz dlq replay ${quoteForShell(first)} -- …`
  return `${formatCount(failed)} of ${formatCount(read)} records failed (${parts.join('; ')})${kept}${lost}${replay}`
}

/** The first record, of the first file, that no step has dealt with. */
const findResume = ({ ledgers, files }: JobEnd): Ledger['resume'] =>
  ledgers
    .flatMap(({ resume }) => resume ?? [])
    .toSorted((one, other) => orderOf(one.file, files) - orderOf(other.file, files) || one.number - other.number)[0]

const orderOf = (file: string | undefined, files: readonly string[]): number => files.indexOf(file ?? '-')
