import { dirname } from 'node:path'
import { quoteForShell } from '../../cli/stream/end-report.js'
import type { BranchEnd, JobBranch, JobStep, StepWords } from '../file/job-step.js'
import type { Job } from '../file/read-job.js'
import { findInputs } from './find-inputs.js'

/** The job as a script for bash: the same records, by a process for each step. What a shell cannot express is a comment. */
export const explainJob = (job: Job, file: string): string => {
  const { trunk, output, append, variables } = job
  const folder = dirname(file)
  const inputs = (job.input ?? []).flatMap(text => describeInput(text, job.allowEmpty))
  const usesPatterns = inputs.some(word => /[*?[]/.test(word) && !word.includes("'"))
  const stages = describeLine(job, trunk, inputs)
  const target = output === undefined ? '' : ` ${append ? '>>' : '>'} ${quoteForShell(output)}`
  return [
    ...listNotes(job).map(note => `# ${note}\n`),
    'set -o pipefail\n',
    ...(folder === '.' ? [] : [`cd ${quoteForShell(folder)} || exit\n`]),
    ...(usesPatterns ? ['export LC_COLLATE=C\n'] : []),
    ...[...variables].map(([name, value]) => `export ${name}=${quoteForShell(value)}\n`),
    `${stages.join(' |\n  ')}${target}\n`,
  ].join('')
}

/** A command for each step. */
const describeLine = (job: Job, line: readonly JobStep[], inputs: readonly string[]): readonly string[] =>
  line.map((step, index) => {
    const words = withJobOptions(job, step, line.at(-1) === step)
    const ways = isDeadEnd(step) ? deadEnd : step.branches.map(describeWay)
    const branches = step.branches.map(branch => `\\\n    --to ${quoteForShell(describeBranch(job, branch))}`)
    return ['streamz', step.command, ...ways, ...describeStep(words, index === 0 ? inputs : []), ...branches].join(' ')
  })

const describeWay = ({ name, where }: JobBranch): string => `${name}=${quoteForShell(where?.text ?? always)}`

/** What a branch does with its records, as a command of route. */
const describeBranch = (job: Job, { name, steps, end }: JobBranch): string => {
  const stages = steps.length === 0 ? ['cat'] : describeLine(job, steps, [])
  // There, {name} stands for the name of the route.
  return `${name}=| ${stages.join(' | ')}${describeTarget(end)}`.replaceAll('{name}', "{na''me}")
}

const describeTarget = (end: BranchEnd): string => {
  if (end.kind === 'file') return ` ${end.append ? '>>' : '>'} ${quoteForShell(end.path)}`
  return end.kind === 'drop' ? ' > /dev/null' : ''
}

const isDeadEnd = ({ command, branches }: JobStep): boolean => command === 'route' && branches.length === 0

const always = '.id || !.id'
const deadEnd = ["none='.id && !.id'", "--to none='| cat'", '--unmatched fail']

/** What holds for the job as a whole is said to each process, or to the one at its end. */
const withJobOptions = ({ words, steps }: Job, step: JobStep, isLast: boolean): StepWords => {
  const of = (...keys: string[]) => keys.flatMap(key => words.get(key) ?? [])
  const first = step === steps[0] ? of('raw-input') : []
  const last = isLast ? of('raw-output') : []
  const all = of('no-failures-in', 'failures', 'max-fail', 'drain', 'deadline').filter(
    word => !(word.startsWith('--failures') && step.words.flags.some(flag => flag.startsWith('--dlq='))),
  )
  return { ...step.words, flags: [...step.words.flags, `--stage=${step.name}`, ...first, ...last, ...all] }
}

const describeStep = ({ flags, operands, rest }: StepWords, inputs: readonly string[]): readonly string[] => [
  ...operands.map(quoteForShell),
  ...flags.flatMap(splitFlag),
  ...inputs,
  ...(rest === undefined ? [] : ['--', ...rest.map(quoteForShell)]),
]

/** `--rate 60/m` reads better than `--rate=60/m`; a value that looks like a flag or is empty stays where it is. */
const splitFlag = (word: string): readonly string[] => {
  const at = word.indexOf('=')
  if (at === -1) return [word]
  const value = word.slice(at + 1)
  return value === '' || value.startsWith('-') ? [quoteForShell(word)] : [word.slice(0, at), quoteForShell(value)]
}

/** A pattern that the shell reads in the same way stays one. */
const describeInput = (text: string, allowEmpty: boolean): readonly string[] => {
  if (!/[*?[]/.test(text)) return [protect(quoteForShell(text), text)]
  if (!text.includes('**') && !allowEmpty && /^[\w@%+=:,./*?[\]-]+$/.test(text)) return [protect(text, text)]
  return findInputs([text], allowEmpty).map(file => protect(quoteForShell(file), file))
}

const protect = (word: string, text: string): string => (text !== '-' && text.startsWith('-') ? `./${word}` : word)

const listNotes = ({
  name,
  lock,
  output,
  append,
  options,
  words,
  steps,
  branches,
  input,
  allowEmpty,
}: Job): readonly string[] => [
  ...(name === undefined ? [] : [`${name.replaceAll('\n', ' ')}`]),
  ...(lock === undefined ? [] : [`Not expressed: lock ${lock}; streamz run lets one run at a time hold it`]),
  ...(output === undefined || append
    ? []
    : [`Not expressed: streamz run writes ${output} aside and renames it when the job is complete`]),
  ...(options.summary === undefined ? [] : ['Not expressed: summary; streamz run writes one for all steps']),
  ...(branches.length === 0
    ? []
    : [
        'Not the same: branches; a process of its own for each, and when a record fails in one the script ends with 74',
      ]),
  ...(words.has('max-fail') && steps.length > 1
    ? ['Not the same: max-fail; streamz run counts the failures of all steps together']
    : []),
  ...(words.has('deadline')
    ? ['Not the same: deadline; each process has its own, and the first to stop sets the exit code']
    : []),
  ...(allowEmpty && input !== undefined ? ['Not expressed: allow-empty; the files are those of now'] : []),
]
