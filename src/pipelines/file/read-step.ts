import { CommanderError } from 'commander'
import { parseCommand } from '../../cli/create-command.js'
import type { CommandTable, Definition, StepBranch } from '../../cli/definition.js'
import { nearest } from '../../cli/help/nearest.js'
import type { Stage } from '../../cli/stream/stage.js'
import { UsageError } from '../../cli/usage-error.js'
import type { JobBranch, JobStep, StepWords } from './job-step.js'
import type { Mistakes } from './mistakes.js'
import { chooseName, type Names } from './names.js'
import { type Entry, type Node, nameKind, type Place } from './node.js'
import { type BranchContext, readBranches } from './read-branches.js'
import type { ValueReader } from './read-values.js'
import { list, suggestKey } from './reader.js'
import { commonOfSteps, listStepKeys, type StepKey, type StepTable } from './step-keys.js'

export type StepContext = {
  readonly steps: StepTable
  readonly commands: CommandTable
  readonly reader: ValueReader
  readonly mistakes: Mistakes
  /** The words of the job's options, by key. */
  readonly common: ReadonlyMap<string, readonly string[]>
  readonly names: Names
  /** Reads the steps of a branch. */
  readonly readLine: BranchContext['readLine']
}

/** Reads one step; undefined after a mistake. */
export const readStep = (node: Node, context: StepContext): JobStep | undefined => {
  const { steps, mistakes, names } = context
  const entry = readCommand(node, context)
  if (entry === undefined) return undefined
  const definition = steps.find(entry.key)
  if (definition === undefined) return undefined
  const { key: command, place, value } = entry
  if (value.kind !== 'map' && !(value.kind === 'scalar' && value.value === null)) {
    const keys = listStepKeys(definition)
    const wanted = `a mapping with ${list(keys.map(({ key }) => key))}`
    mistakes.add(
      value.place,
      `${command}: expected ${wanted}, got ${nameKind(value)}${suggestMapping(command, value, keys)}`,
    )
    return undefined
  }
  const entries = value.kind === 'map' ? value.entries : []
  const given = entries.find(({ key }) => key === 'name')?.value
  const name = chooseName({ what: command, place, given }, names, context)
  const read = readEntries(entries, definition, command, place, context)
  if (read === undefined || name === undefined) return undefined
  const { words, places, branches } = read
  const common = commonOfSteps
    .filter(key => !places.has(key) && !Object.hasOwn(definition.refuses ?? {}, `--${key}`))
    .flatMap(key => context.common.get(key) ?? [])
  const all = { ...words, flags: [...words.flags, ...common] }
  const prepareWith = (flags: Readonly<Record<string, string>>) =>
    prepareStep(definition, replaceFlags(all, flags), { name, branches }, context.commands)
  try {
    const stage = prepareWith({})
    return { name, command, place, words: all, branches, stage, prepareWith }
  } catch (error) {
    mistakes.add(...blame(error, command, place, places))
    return undefined
  }
}

/** How a value that stands alone was probably meant: as that of the first key. */
const suggestMapping = (command: string, value: Node, [first, ...others]: readonly StepKey[]): string => {
  if (first === undefined || value.kind !== 'scalar') return ''
  const takesCommand = others.some(({ kind }) => kind === 'command')
  if (takesCommand) return `; write it as ${command}: {command: [${quote(value.text)}]}`
  try {
    first.parse?.(value.text)
  } catch {
    return ''
  }
  return first.kind === 'operand' || first.kind === 'value'
    ? `; write it as ${command}: {${first.key}: ${quote(value.text)}}`
    : ''
}

/** As it can stand between brackets. */
const quote = (text: string): string => (/^[\w./-][\w./ +-]*$/.test(text) ? text : `'${text.replaceAll("'", "''")}'`)

const prepareStep = (
  definition: Definition,
  words: StepWords,
  { name, branches }: Pick<JobStep, 'name' | 'branches'>,
  commands: CommandTable,
): Stage => {
  const { flags, operands, rest } = words
  const behind = definition.takesCommand ? rest : operands.length === 0 ? undefined : operands
  const before = definition.takesCommand ? operands : []
  const { definition: chosen, invocation } = parseCommand(definition, [...flags, `--stage=${name}`, ...before], behind)
  if (chosen.prepareBranches !== undefined) return chosen.prepareBranches(branches.map(toStepBranch), invocation)
  const prepared = chosen.prepare({ ...invocation, commands })
  if (typeof prepared === 'function') throw new UsageError('This reads no records and cannot be a step')
  const { together, open, sink } = prepared
  if (together !== undefined || open !== undefined || sink !== undefined) {
    throw new UsageError('This reads its own inputs and cannot be a step; use the input of the job')
  }
  return prepared
}

const toStepBranch = ({ name, where, steps, end }: JobBranch): StepBranch => ({
  name,
  where,
  isDropped: end.kind === 'drop' && steps.length === 0,
})

const replaceFlags = (words: StepWords, flags: Readonly<Record<string, string>>): StepWords => {
  const kept = words.flags.filter(word => !Object.keys(flags).some(flag => word.startsWith(`${flag}=`)))
  return { ...words, flags: [...kept, ...Object.entries(flags).map(([flag, text]) => `${flag}=${text}`)] }
}

const readCommand = (node: Node, { steps, mistakes }: StepContext): Entry | undefined => {
  if (node.kind !== 'map') {
    const known = node.kind === 'scalar' && steps.find(node.text) ? `: write it as ${node.text}: {}` : ''
    mistakes.add(node.place, `A step is a mapping with the name of a command, got ${nameKind(node)}${known}`)
    return undefined
  }
  const [entry, second] = node.entries
  if (entry === undefined) {
    mistakes.add(node.place, 'A step is empty: expected the name of a command')
    return undefined
  }
  if (second !== undefined) {
    const hint = steps.find(second.key)
      ? 'begin each step with a dash'
      : `put it below ${entry.key}, two spaces further to the right`
    mistakes.add(second.place, `A step has one command: ${JSON.stringify(second.key)} is a second key; ${hint}`)
    return undefined
  }
  if (steps.find(entry.key) === undefined) {
    const known = [...steps.list().keys()]
    const near = nearest(entry.key, known)
    const rest = near === undefined ? `; expected ${list(known)}` : `; did you mean ${near}?`
    mistakes.add(entry.place, `Unknown step ${JSON.stringify(entry.key)}${rest}`)
    return undefined
  }
  return entry
}

/** The words of a step, and where each key stands. */
const readEntries = (
  entries: readonly Entry[],
  definition: Definition,
  command: string,
  place: Place,
  context: StepContext,
) => {
  const { reader, mistakes } = context
  const keys = new Map(listStepKeys(definition).map(key => [key.key, key]))
  const places = new Map<string, Place>()
  const flags: string[] = []
  const operands = new Map<string, string>()
  let rest: readonly string[] | undefined
  let branches: readonly JobBranch[] = []
  const isScript = entries.some(({ key, value }) => key === 'shell' && value.kind === 'scalar' && value.value === true)
  const before = mistakes.count
  for (const entry of entries) {
    const key = keys.get(entry.key)
    places.set(entry.key, entry.place)
    if (key === undefined) {
      mistakes.add(
        entry.place,
        `${command}: unknown key ${JSON.stringify(entry.key)}${suggestKey(entry.key, [...keys.keys()])}`,
      )
    } else if (key.kind === 'command') rest = readArguments(entry.value, command, isScript, reader, mistakes)
    else if (key.kind === 'branches') branches = readBranches(entry.value, command, context)
    else if (key.kind === 'operand') operands.set(key.key, reader.words(key, entry.value, command)[0] ?? '')
    else if (key.kind !== 'name') flags.push(...reader.words(key, entry.value, command))
  }
  for (const key of keys.values()) {
    if (!key.isRequired || operands.has(key.key) || (key.kind === 'branches' && places.has(key.key))) continue
    mistakes.add(place, `${command}: ${key.key} is missing: ${describeWanted(key)}`)
  }
  const given = [...keys.values()]
    .filter(({ kind }) => kind === 'operand')
    .flatMap(({ key }) => operands.get(key) ?? [])
  if (mistakes.count > before || given.includes('')) return undefined
  return { places, branches, words: { flags, operands: given, rest } }
}

const describeWanted = ({ key, kind, description, parse }: StepKey): string =>
  kind === 'branches'
    ? `${description}, as in branches: [{where: .amount > 100, output: large.ndjson}]`
    : parse === undefined
      ? description
      : `${description}, as in ${key}: ${parse.example.split(/, | or /)[0]}`

const readArguments = (
  node: Node,
  command: string,
  isScript: boolean,
  reader: ValueReader,
  mistakes: Mistakes,
): readonly string[] => {
  if (node.kind !== 'list' || node.items.length === 0) {
    mistakes.add(
      node.place,
      `${command}: command: expected a list of words, as in: command: [./enrich.sh, "{.id}"]; got ${nameKind(node)}`,
    )
    return []
  }
  return node.items.map((item, index) => {
    if (item.kind === 'map') {
      mistakes.add(
        item.place,
        `${command}: command: expected a word, got a mapping; a word with braces needs quotes: "{.id}"`,
      )
      return ''
    }
    const isCode = isScript && index === 0
    return reader.text(item, `${command}: command`, { isCode, wanted: 'a word' }) ?? ''
  })
}

/** Where a mistake stands that only the command itself could find, and its words without dashes. */
const blame = (
  error: unknown,
  command: string,
  place: Place,
  places: ReadonlyMap<string, Place>,
): [place: Place, message: string] => {
  if (!(error instanceof UsageError || error instanceof CommanderError)) throw error
  const flag = error instanceof UsageError ? error.flag : /'-{0,2}(?:\w, )?--([\w-]+)/.exec(error.message)?.[1]
  const key = flag?.replace(/^--/, '')
  const text = error.message.replace(/^error: /, '').replace(/^--(?=[a-z])/, '')
  return [places.get(key ?? '') ?? places.get('command') ?? place, `${command}: ${text}`]
}
