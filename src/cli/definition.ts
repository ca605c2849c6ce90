import { Command, type CommanderError, Option } from 'commander'
import { formatHelp } from './help/help.js'
import type { Words } from './help/words.js'
import { HelpAsked, UsageError } from './usage-error.js'

/** A subcommand: words and flags for the user, and what happens when it is run. */
export type Definition = {
  readonly command: Command
  run(invocation: Invocation): Promise<number>
  /** Words among the operands that completion offers like commands. */
  readonly verbs?: () => readonly Command[]
}

export type Invocation = {
  /** Operands after their parsers. */
  readonly operands: readonly unknown[]
  /** What stands behind the first `--`: the user's command, verbatim; undefined without a `--`. */
  readonly rest: readonly string[] | undefined
}

/** What a file in `src/commands/` exports. */
export type CommandModule = { readonly define: () => Definition }

/** A commander command with the house's manners: usage errors are thrown, help begins with examples. */
export const createCommand = (described: Words): Command => {
  const command: Command = new Command(described.name.split(' ').at(-1))
  return command
    .description(described.purpose)
    .usage(described.usage)
    .exitOverride(error => {
      throw addExample(error, described, command)
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
    .configureHelp({ formatHelp: (shown, helper) => formatHelp(described, shown, helper) })
}

/** A value or an operand that is missing is easiest told by a line that has it. */
const addExample = (error: CommanderError, { examples }: Words, { options }: Command): Error => {
  const runs = examples.flatMap(({ run }) => run.split('\n').slice(0, 1))
  const text = `${error.message.charAt(7).toUpperCase()}${error.message.slice(8)}`
  if (error.code === 'commander.missingArgument') return new UsageError(`${text}; give it as in: ${runs[0]}`)
  if (error.code !== 'commander.optionMissingArgument') return error
  const flag = options.find(({ flags }) => error.message.includes(`'${flags}'`))
  const long = flag?.long ?? ''
  const line = runs.find(run => run.includes(`${long} `))
  const word =
    flag?.argChoices?.[0] ?? flag?.defaultValueDescription ?? /<(.*)>/.exec(flag?.flags ?? '')?.[1]?.toUpperCase()
  return new UsageError(`${text}; give it as in: ${line ?? `${long} ${word}`}`)
}

/** Turns one of the strict value parsers into a commander argument parser whose errors begin with the flag. */
export const value =
  <T>(flag: string, parse: (text: string) => T) =>
  (text: string): T => {
    try {
      return parse(text)
    } catch (error) {
      if (error instanceof Error) throw new UsageError(`${flag}: ${error.message}`)
      throw error
    }
  }

/** An option in a named group of the help. Without a parser its value is a text that must not be empty. */
export const option = (
  group: string,
  flags: string,
  description: string,
  parse?: ((text: string) => unknown) & { readonly words?: readonly string[] },
): Option => {
  const created = new Option(flags, description).helpGroup(group)
  // Completion offers them; what is taken is for the parser to say.
  if (parse?.words !== undefined) created.choices(parse.words)
  if (parse !== undefined) return created.argParser(value(created.long ?? flags, parse))
  return created.required ? created.argParser(refuseEmpty(created)) : created
}

/** For an option whose value may be empty. */
export const anyText = (text: string): string => text

const refuseEmpty =
  ({ long, flags }: Option) =>
  (text: string): string => {
    if (text !== '') return text
    const name = /<(.*)>/.exec(flags)?.[1]?.toUpperCase()
    throw new UsageError(`${long}: the value is empty, as of a variable that is not set; give it like ${long} ${name}`)
  }
