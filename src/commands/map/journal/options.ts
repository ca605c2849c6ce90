import type { Option } from 'commander'
import { option } from '../../../cli/option.js'
import type { Resume } from '../../../cli/stream/stage.js'
import { UsageError } from '../../../cli/usage-error.js'

export type JournalFlags = Resume & { readonly journal?: string }

const group = 'Resume'

export const listJournalOptions = (): readonly Option[] => [
  option(group, '--journal <file>', 'write the outcome of each call to this file, so that another run can go on'),
  ...listResumeOptions(),
]

export const listResumeOptions = (): readonly Option[] => [
  option(
    group,
    '--resume',
    'go on where the run of this journal ended: records that have an outcome are not called again',
  ),
  option(group, '--resume-anyway', 'resume although the command, an option or the input has changed'),
  option(group, '--resume-failed', 'resume, and call records that failed again'),
]

/** Whether an earlier run is to be gone on with. */
export const isResuming = ({ resume, resumeAnyway, resumeFailed }: Resume): boolean =>
  resume === true || resumeAnyway === true || resumeFailed === true

export const checkJournalFlags = (flags: JournalFlags & { readonly inline?: true }): void => {
  if (flags.journal === undefined && isResuming(flags)) {
    const flag = flags.resume ? '--resume' : flags.resumeAnyway ? '--resume-anyway' : '--resume-failed'
    throw new UsageError(`${flag} needs --journal FILE, the journal of the run to go on with`)
  }
  if (flags.journal !== undefined && flags.inline && flags.resumeFailed)
    throw new UsageError('--resume-failed needs the failures in a file: use --dlq instead of --inline')
}
