import { dirname } from 'node:path'
import { quoteForShell } from '../../cli/stream/end-report.js'
import type { JobStep, StepWords } from '../file/job-step.js'
import type { Job } from '../file/read-job.js'
import { findInputs } from './find-inputs.js'

/** The job as a script for bash: the same records, by a process for each step. What a shell cannot express is a comment. */
export const explainJob = (job: Job, file: string): string => {
  const { steps, output, append, variables } = job
  const folder = dirname(file)
  const inputs = (job.input ?? []).flatMap(text => describeInput(text, job.allowEmpty))
  const usesPatterns = inputs.some(word => /[*?[]/.test(word) && !word.includes("'"))
  const stages = steps.map((step, index) => {
    const words = withJobOptions(job, step, index)
    return ['streamz', step.command, ...describeStep(words, index === 0 ? inputs : [])].join(' ')
  })
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

/** What holds for the job as a whole is said to each process, or to the one at its end. */
const withJobOptions = ({ words, steps }: Job, step: JobStep, index: number): StepWords => {
  const of = (...keys: string[]) => keys.flatMap(key => words.get(key) ?? [])
  const first = index === 0 ? of('raw-input') : []
  const last = index === steps.length - 1 ? of('raw-output') : []
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
  input,
  allowEmpty,
}: Job): readonly string[] => [
  ...(name === undefined ? [] : [`${name.replaceAll('\n', ' ')}`]),
  ...(lock === undefined ? [] : [`Not expressed: lock ${lock}; streamz run lets one run at a time hold it`]),
  ...(output === undefined || append
    ? []
    : [`Not expressed: streamz run writes ${output} aside and renames it when the job is complete`]),
  ...(options.summary === undefined ? [] : ['Not expressed: summary; streamz run writes one for all steps']),
  ...(words.has('max-fail') && steps.length > 1
    ? ['Not the same: max-fail; streamz run counts the failures of all steps together']
    : []),
  ...(words.has('deadline')
    ? ['Not the same: deadline; each process has its own, and the first to stop sets the exit code']
    : []),
  ...(allowEmpty && input !== undefined ? ['Not expressed: allow-empty; the files are those of now'] : []),
]
