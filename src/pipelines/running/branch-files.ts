import type { BranchEnd, JobBranch } from '../file/job-step.js'
import type { Job } from '../file/read-job.js'

/** A branch that ends in a file. */
export type FileBranch = JobBranch & { readonly end: Extract<BranchEnd, { readonly kind: 'file' }> }

/** The branches of a job that end in a file, in its order. */
export const listBranchFiles = ({ branches }: Pick<Job, 'branches'>): readonly FileBranch[] =>
  branches.filter(endsInFile)

const endsInFile = (branch: JobBranch): branch is FileBranch => branch.end.kind === 'file'
