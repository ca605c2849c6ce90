import { CommanderError } from 'commander'
import type { CommonOptions } from '../../cli/common-options.js'
import type { CommandTable } from '../../cli/definition.js'
import { nearest } from '../../cli/help/nearest.js'
import { UsageError } from '../../cli/usage-error.js'
import { checkJournals } from './check-journals.js'
import { parseJobOptions } from './job-options.js'
import { type JobBranch, type JobStep, listBranches, listLines, listSteps, takesAll } from './job-step.js'
import { createMistakes, type Mistakes } from './mistakes.js'
import { type Node, nameKind } from './node.js'
import { parseYaml } from './parse-yaml.js'
import { describeUnreachable } from './read-branches.js'
import { readStep, type StepContext } from './read-step.js'
import { createValueReader, type ValueReader } from './read-values.js'
import { readKeys } from './reader.js'
import { commonOfSteps, createStepTable, listJobOptions } from './step-keys.js'
import { readVariables } from './variables.js'

/** A job file, checked: everything but what only a run can find out. */
export type Job = {
  readonly name: string | undefined
  /** Files, patterns and `-`; undefined: standard input. */
  readonly input: readonly string[] | undefined
  readonly allowEmpty: boolean
  /** What the records pass that no branch takes, in order. */
  readonly trunk: readonly JobStep[]
  /** All steps, those of branches too, in the order of the file. */
  readonly steps: readonly JobStep[]
  readonly branches: readonly JobBranch[]
  /** Undefined: standard output. */
  readonly output: string | undefined
  readonly append: boolean
  readonly lock: string | undefined
  readonly options: CommonOptions
  /** The words of the options of every command, as `--dlq=failed.ndjson`, by key. */
  readonly words: ReadonlyMap<string, readonly string[]>
  readonly variables: ReadonlyMap<string, string>
}

/** The keys that only a job has. */
export const jobKeys = ['name', 'vars', 'input', 'allow-empty', 'steps', 'output', 'append', 'lock'] as const

export type JobText = {
  /** As it is named in messages. */
  readonly file: string
  readonly bytes: Buffer
  readonly given: ReadonlyMap<string, string>
  readonly commands: CommandTable
}

/** Throws a `UsageError` that names every mistake with its line and column. */
export const readJob = async ({ file, bytes, given, commands }: JobText): Promise<Job> => {
  const root = await parseYaml(file, bytes)
  const mistakes = createMistakes(file)
  const options = listJobOptions()
  const found = readKeys(root, '', [...jobKeys, ...options.map(({ key }) => key)], mistakes) ?? {}
  const variables = readVariables(found.vars, given, mistakes)
  refuseUnknown(variables.unknown, found.vars)
  const reader = createValueReader(variables, mistakes)
  const words = new Map<string, readonly string[]>()
  for (const option of options) {
    const node = (found as Readonly<Record<string, Node | undefined>>)[option.key]
    if (node !== undefined) words.set(option.key, reader.words(option, node, 'job'))
  }
  const text = (key: 'name' | 'output' | 'lock') =>
    found[key] === undefined ? undefined : reader.text(found[key], key)
  const common = new Map([...words].filter(([key]) => commonOfSteps.includes(key)))
  const trunk = readTrunk(found.steps, root, { steps: createStepTable(commands), commands, reader, mistakes, common })
  const job = {
    name: text('name'),
    input: readInput(found.input, reader, mistakes),
    allowEmpty: readTruth(found['allow-empty'], 'allow-empty', mistakes),
    output: readOutput(text('output')),
    append: readTruth(found.append, 'append', mistakes),
    lock: text('lock'),
    words,
    variables: variables.values,
    trunk,
    steps: listSteps(trunk),
    branches: listBranches(trunk),
  }
  const last = trunk.at(-1)
  const all = last && takesAll(last)
  if (all !== undefined && found.output !== undefined)
    mistakes.add(found.output.place, `output: ${describeUnreachable(all)}`)
  if (job.append && job.output === undefined) {
    mistakes.add(
      (found.append as Node).place,
      'append needs output: standard output is appended to by the shell, with >>',
    )
  }
  if (job.steps.some(({ stage }) => stage.journal !== undefined)) {
    const appending = job.branches.flatMap(({ place, end }) => (end.kind === 'file' && end.append ? [place] : []))
    for (const place of [...(job.append ? [(found.append as Node).place] : []), ...appending])
      mistakes.add(place, 'append cannot be used with a journal: a resumed run writes the whole output again')
  }
  mistakes.throwIfAny()
  try {
    return { ...job, options: parseJobOptions([...words.values()].flat()) }
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Two that exclude each other: it begins with the second one.
    const key = /--([\w-]+)/.exec(error.message)?.[1] ?? ''
    const node = (found as Readonly<Record<string, Node | undefined>>)[key]
    mistakes.add(node?.place ?? root.place, `job: ${error.message.replace(/^error: /, '')}`)
    mistakes.throwIfAny()
    throw error
  }
}

const refuseUnknown = (unknown: readonly string[], vars: Node | undefined): void => {
  const [name] = unknown
  if (name === undefined) return
  const declared = vars?.kind === 'map' ? vars.entries.map(({ key }) => key) : []
  const near = nearest(name, declared)
  const known = declared.length === 0 ? 'the file declares no vars' : `the file declares ${declared.join(', ')}`
  throw new UsageError(`--set ${name}: ${known}${near === undefined ? '' : `; did you mean ${near}?`}`)
}

const readInput = (node: Node | undefined, reader: ValueReader, mistakes: Mistakes): readonly string[] | undefined => {
  if (node === undefined) return undefined
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length === 0) mistakes.add(node.place, 'input: the list is empty: give files, patterns or "-"')
  return items.flatMap(item => {
    const text = reader.text(item, 'input', { wanted: 'a file, a pattern like orders/*.ndjson, or "-"' })
    if (text === '') mistakes.add(item.place, 'input: the name is empty')
    return text ?? []
  })
}

const readOutput = (text: string | undefined): string | undefined => (text === '-' ? undefined : text)

const readTruth = (node: Node | undefined, key: string, mistakes: Mistakes): boolean => {
  if (node === undefined) return false
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value
  mistakes.add(node.place, `${key}: expected true or false, got ${nameKind(node)}`)
  return false
}

type TrunkContext = Omit<StepContext, 'names' | 'readLine'>

const readTrunk = (node: Node | undefined, root: Node, context: TrunkContext): readonly JobStep[] => {
  const { mistakes } = context
  if (node === undefined) {
    if (root.kind === 'map') mistakes.add(root.place, 'steps is missing: a job has at least one step')
    return []
  }
  const names = { taken: new Map(), counts: new Map() }
  const readLine = (line: Node, where: string): readonly JobStep[] => {
    if (line.kind !== 'list' || line.items.length === 0) {
      const what = line.kind === 'list' ? 'an empty list' : nameKind(line)
      mistakes.add(line.place, `${where}: expected a list with at least one step, got ${what}`)
      return []
    }
    const steps = line.items.flatMap(item => readStep(item, { ...context, names, readLine }) ?? [])
    for (const [index, step] of steps.entries()) {
      const all = takesAll(step)
      const next = steps[index + 1]
      if (all !== undefined && next !== undefined)
        mistakes.add(next.place, `${next.command}: ${describeUnreachable(all)}`)
    }
    return steps
  }
  const trunk = readLine(node, 'steps')
  for (const line of listLines(trunk)) checkJournals(line, mistakes)
  return trunk
}
