import { Command, Help, Option } from 'commander'
import { exitCodes } from './exit-codes.js'

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

/** A command line that cannot be run as it stands: exit code 2, nothing is read. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What keeps a run from beginning although the command line is right; nothing was read. */
export class StartError extends Error {
  override readonly name = 'StartError'

  constructor(
    message: string,
    readonly exit: 75 | 126 | 127,
  ) {
    super(message)
  }
}

export type Example = {
  /** A shell command line that the tests run. */
  readonly run: string
  readonly note: string
}

export type Words = {
  /** A verb of a command is named with it: `dlq stats`. */
  readonly name: string
  /** One line: what it is for. */
  readonly purpose: string
  readonly examples: readonly Example[]
  /** Operands as shown in the usage line, as `N [FILE...]`. */
  readonly usage: string
  readonly notes?: string
  readonly exit?: readonly (keyof typeof exitCodes)[]
  readonly seeAlso: readonly string[]
}

const words = new WeakMap<Command, Words>()

/** A commander command with the house's manners: usage errors are thrown, help begins with examples. */
export const createCommand = (described: Words): Command => {
  const command = new Command(described.name.split(' ').at(-1))
    .description(described.purpose)
    .usage(described.usage)
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .configureHelp({ formatHelp: formatHelp })
  words.set(command, described)
  return command
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

/** Examples first: people read help to find a line to start from. */
const formatHelp = (command: Command, helper: Help): string => {
  const described = words.get(command)
  if (described === undefined) return Help.prototype.formatHelp.call(helper, command, helper)
  const width = helper.helpWidth ?? 100
  const options = helper.visibleOptions(command)
  const column = Math.min(30, Math.max(...options.map(shown => helper.optionTerm(shown).length)) + 2)
  const groups = new Map<string, string[]>()
  for (const shown of options) {
    const group = shown.helpGroupHeading ?? 'Other'
    const row = formatRow(helper.optionTerm(shown), shown.description, column, width)
    groups.set(group, [...(groups.get(group) ?? []), row])
  }
  const names = new Set([
    'ok',
    'failures',
    'usage',
    'maxFail',
    'io',
    ...(described.exit ?? []),
  ] as (keyof typeof exitCodes)[])
  const codes = [...names].toSorted((one, other) => exitCodes[one].code - exitCodes[other].code)
  return [
    described.purpose,
    '',
    'Examples:',
    ...described.examples.flatMap(({ run, note }) => [`  # ${note}`, ...run.split('\n').map(line => `  ${line}`)]),
    '',
    `Usage: streamz ${described.name} ${described.usage}`,
    ...(described.notes === undefined ? [] : ['', described.notes]),
    ...listVerbs(command, width),
    ...[...groups].flatMap(([group, rows]) => ['', `${group}:`, ...rows]),
    '',
    `Exit codes: ${codes.map(name => `${exitCodes[name].code} ${exitCodes[name].meaning.split(/[;:(]/)[0]?.trim()}`).join(' · ')} (all: streamz help exit-codes)`,
    `See also: ${described.seeAlso.map(name => `streamz help ${name}`).join(', ')}`,
    '',
  ].join('\n')
}

const listVerbs = ({ commands }: Command, width: number): readonly string[] => {
  if (commands.length === 0) return []
  const rows = commands.map(verb => formatRow(`${verb.name()} ${verb.usage()}`, verb.description(), 28, width))
  return ['', 'Verbs (each has a --help of its own):', ...rows]
}

const formatRow = (term: string, description: string, column: number, width: number): string => {
  const head = `  ${term.padEnd(column)}`
  const lines: string[] = []
  let line = ''
  for (const word of description.split(' ')) {
    if (line.length > 0 && line.length + 1 + word.length > width - column - 2) {
      lines.push(line)
      line = word
    } else line = line.length === 0 ? word : `${line} ${word}`
  }
  lines.push(line)
  const indent = ' '.repeat(column + 2)
  const [first = '', ...others] = lines
  const start = term.length + 1 > column ? `  ${term}\n${indent}${first}` : head + first
  return [start, ...others.map(other => indent + other)].join('\n')
}
