import { Argument, Command, type CommanderError, type Option } from 'commander'
import { listCommonOptions } from './common-options.js'
import type { Definition, Invocation } from './definition.js'
import { formatHelp } from './help/help.js'
import { parserOf, value } from './option.js'
import { HelpAsked, UsageError } from './usage-error.js'

/** A command line that was parsed: what is to be prepared, and with what. */
export type ParsedCommand = { readonly definition: Definition; readonly invocation: Invocation }

/** Finds the verb and turns all text into values. Throws a `UsageError`, or `HelpAsked`. */
export const parseCommand = (
  definition: Definition,
  args: readonly string[],
  rest: readonly string[] | undefined,
): ParsedCommand => {
  let chosen = definition
  const command = createCommand(definition, verb => {
    chosen = verb
  })
  const hasCommand = definition.takesCommand || (definition.verbs ?? []).some(({ takesCommand }) => takesCommand)
  command.parse(rest === undefined || hasCommand ? args : [...args, '--', ...rest], { from: 'user' })
  const verb = command.commands[(definition.verbs ?? []).indexOf(chosen)]
  if (verb !== undefined) refuseOptionsBefore(command, verb.name())
  const { processedArgs, args: operands } = verb ?? command
  if (operands.includes('')) {
    throw new UsageError('An operand is empty, perhaps from a variable that is not set; a file name cannot be empty')
  }
  const flags = (verb ?? command).opts()
  refuseOptions(chosen, verb ?? command)
  if (hasCommand && rest !== undefined && !chosen.takesCommand) throw refuseCommand(chosen)
  return { definition: chosen, invocation: { operands: processedArgs, flags, rest } }
}

/** A commander command with the house's manners: usage errors are thrown, help begins with examples. */
export const createCommand = (definition: Definition, choose: (verb: Definition) => void = () => {}): Command => {
  const { words, operands = [], verbs = [] } = definition
  const command: Command = new Command(words.name.split(' ').at(-1))
  command
    .description(words.purpose)
    .usage(words.usage)
    .exitOverride(error => {
      throw addExample(error, definition, command)
    })
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({
      writeErr: () => {},
      outputError: () => {},
      writeOut: text => {
        throw new HelpAsked(text)
      },
    })
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .configureHelp({ formatHelp: (shown, helper) => formatHelp(words, definition.options ?? [], shown, helper) })
    .action(() => {})
  for (const { name, description, parse } of operands) {
    const argument = new Argument(name, description)
    // For completion only: the parser decides which values are valid.
    if (parse?.words !== undefined) argument.choices(parse.words)
    if (parse !== undefined) argument.argParser(value(nameOf(name), parse))
    command.addArgument(argument)
  }
  for (const option of listOptions(definition)) command.addOption(option)
  if (verbs.length > 0) command.enablePositionalOptions()
  for (const verb of verbs) command.addCommand(createCommand(verb).action(() => choose(verb)))
  return command
}

/** All options of a command: its own, then those of every command that it has no option of its own for. */
export const listOptions = ({ options = [], common, refuses = {} }: Definition): readonly Option[] => {
  if (common === 'none') return options
  const own = new Set(options.map(({ long }) => long))
  const others = listCommonOptions().filter(({ long }) => !own.has(long))
  for (const other of others) if (Object.hasOwn(refuses, other.long ?? '')) other.hideHelp()
  return [...options, ...others]
}

const refuseCommand = ({ words: { name } }: Definition): UsageError => {
  const verb = name.split(' ').at(-1)
  return new UsageError(
    `${name} takes no COMMAND after --. To run a program of that name: streamz map -- ${verb}; to read a file of that name: ./${verb}`,
  )
}

const refuseOptionsBefore = (command: Command, verb: string): void => {
  const given = command.options.find(option => command.getOptionValueSource(option.attributeName()) === 'cli')?.long
  if (given === undefined) return
  throw new UsageError(
    `${given} comes before the verb ${verb}; put options after the verb. To read a file of that name: ./${verb}`,
  )
}

const refuseOptions = ({ refuses = {} }: Definition, command: Command): void => {
  const given = command.options.find(
    option =>
      Object.hasOwn(refuses, option.long ?? '') && command.getOptionValueSource(option.attributeName()) === 'cli',
  )?.long
  if (given !== undefined && given !== null) throw new UsageError(`${given} ${refuses[given]}`)
}

/** The message for a missing value or operand shows an example that has it. */
const addExample = (error: CommanderError, { words: { examples } }: Definition, { options }: Command): Error => {
  const runs = examples.flatMap(({ run }) => run.split('\n').slice(0, 1))
  const text = `${error.message.charAt(7).toUpperCase()}${error.message.slice(8)}`
  if (error.code === 'commander.missingArgument') return new UsageError(`${text}; example: ${runs[0]}`)
  if (error.code !== 'commander.optionMissingArgument') return error
  const flag = options.find(({ flags }) => error.message.includes(`'${flags}'`))
  const long = flag?.long ?? ''
  const line = runs.find(run => run.includes(`${long} `))
  const word =
    flag?.argChoices?.[0] ??
    flag?.defaultValueDescription ??
    (flag && parserOf(flag)?.example) ??
    nameOf(flag?.flags ?? '')
  return new UsageError(`${text}; example: ${line ?? `${long} ${word}`}`)
}

/** `N` of `<n>` or `--burst <n>`. */
const nameOf = (flags: string): string => (/[<[](.*?)(?:\.{3})?[>\]]/.exec(flags)?.[1] ?? flags).toUpperCase()
