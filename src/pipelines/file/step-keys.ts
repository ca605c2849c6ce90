import type { Option } from 'commander'
import { listCommonOptions } from '../../cli/common-options.js'
import type { CommandTable, Definition, Operand } from '../../cli/definition.js'
import { isCode, parserOf, takesSecret } from '../../cli/option.js'
import type { ValueParser } from '../../cli/values/value-parser.js'

/** A key of a step, or of a job, and what it stands for on the command line. */
export type StepKey = {
  readonly key: string
  readonly kind: 'switch' | 'value' | 'operand' | 'command' | 'name' | 'branches'
  readonly description: string
  /** `--rate`; undefined for what is no option. */
  readonly flag?: string
  readonly parse?: ValueParser<unknown> | undefined
  readonly repeats?: boolean
  readonly isRequired?: boolean
  readonly isCode?: boolean
  /** Code in which `$name` reads a variable. */
  readonly isExpression?: boolean
  readonly takesSecret?: boolean
}

/** The commands that can be steps: those that read records. To define one takes a while, so it is done when it is asked for. */
export type StepTable = {
  find(name: string): Definition | undefined
  /** All of them. */
  list(): ReadonlyMap<string, Definition>
}

export const createStepTable = (commands: CommandTable): StepTable => {
  const find = (name: string): Definition | undefined => {
    const definition = Object.hasOwn(commands, name) ? commands[name]?.().define() : undefined
    return definition?.common === 'none' ? undefined : definition
  }
  return {
    find,
    list: () =>
      new Map(
        Object.keys(commands).flatMap(name => {
          const definition = find(name)
          return definition === undefined ? [] : [[name, definition] as const]
        }),
      ),
  }
}

/** What a step of this command may hold. */
export const listStepKeys = (definition: Definition): readonly StepKey[] => {
  const { options = [], refuses = {}, takesCommand } = definition
  const hasBranches = definition.prepareBranches !== undefined
  const own = hasBranches ? [] : options.map(toKey)
  const taken = new Set(own.map(({ key }) => key))
  const others = listCommonOptions()
    .filter(({ long }) => !Object.hasOwn(refuses, long ?? ''))
    .map(toKey)
    .filter(({ key }) => commonOfSteps.includes(key) && !taken.has(key))
  const name: StepKey = { key: 'name', kind: 'name', description: 'name of this step in failures, messages and tests' }
  return [
    ...(hasBranches ? [branches] : stepOperands(definition).map(toOperand)),
    ...own,
    ...others,
    ...(taken.has('name') ? [] : [name]),
    ...(takesCommand ? [command] : []),
  ]
}

/** The options of every command that a job has once, for all its steps. */
export const listJobOptions = (): readonly StepKey[] =>
  listCommonOptions()
    .map(toKey)
    .filter(({ key }) => commonOfSteps.includes(key) || commonOfJobs.includes(key))

/** The job's are those of each step that has none of its own. */
export const commonOfSteps: readonly string[] = ['dlq', 'dlq-max', 'tolerate', 'id', 'max-line']

const commonOfJobs: readonly string[] = [
  ...['raw-input', 'raw-output', 'no-failures-in', 'failures', 'max-fail', 'drain', 'deadline', 'summary'],
]

/** Operands that stand before the records: those that take one word. */
export const stepOperands = ({ stepOperands: own, operands = [] }: Definition): readonly Operand[] =>
  own ?? operands.filter(({ name }) => !name.includes('...'))

const command: StepKey = { key: 'command', kind: 'command', description: 'the program and its arguments, as behind --' }

const branches: StepKey = {
  key: 'branches',
  kind: 'branches',
  description: 'where records go, by the first condition they match; the others go on to the next step',
  isRequired: true,
}

const toOperand = ({ name, description, parse }: Operand): StepKey => {
  const key = name.replace(/[<>[\]]/g, '')
  return { key, kind: 'operand', description, parse, isRequired: name.startsWith('<'), isExpression: key === 'where' }
}

const toKey = (option: Option): StepKey => {
  const flag = option.long ?? option.flags
  const parse = parserOf(option)
  return {
    key: flag.slice(2),
    kind: option.required ? 'value' : 'switch',
    description: option.description,
    flag,
    parse,
    repeats: parse?.repeats === true,
    isCode: isCode(option),
    isExpression: flag === '--where',
    takesSecret: takesSecret(option),
  }
}
