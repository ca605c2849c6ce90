import { Argument, Command } from 'commander'
import { createCommand } from '../create-command.js'
import type { CommandModule } from '../definition.js'
import { findOption, readLine } from './completion/read-line.js'
import { shells } from './completion.js'
import { generated } from './topics.js'

type Commands = Readonly<Record<string, () => CommandModule>>

/**
 * Answers a shell that asks what the last of these words may become: a word per line, with a tab and what it is for; then `:4`,
 * or `:0` alone where the name of a file may be meant. Of `--flag=value` the values are given without the flag.
 */
export const completeWords = (args: readonly string[], commands: Commands): string => {
  const words = args[0] === '--' ? args.slice(1) : args
  const offers = offer(words.slice(0, -1), words.at(-1) ?? '', commands)
  const lines = offers.map(([word, meaning]) => (meaning === '' ? word : `${word}\t${meaning}`))
  return lines.length > 0 ? `${lines.join('\n')}\n:4\n` : ':0\n'
}

type Offer = readonly [word: string, meaning: string]

const offer = (before: readonly string[], current: string, commands: Commands): readonly Offer[] => {
  // Behind -- stand the words of another program.
  if (before.includes('--')) return []
  const { command, operands, open } = readLine(before, createProgram(before[0], commands))
  if (open !== undefined) return choose(open.argChoices, current)
  const [, flag = '', start = ''] = /^(--[^=]+)=(.*)$/s.exec(current) ?? []
  if (flag !== '') return choose(findOption(command, flag)?.argChoices, start)
  if (current.startsWith('-')) return listOptions(command, current)
  const verbs = operands === 0 ? command.commands.map(verb => [verb.name(), verb.description()] as const) : []
  return [
    ...verbs.filter(([word]) => word.startsWith(current)),
    ...choose(command.registeredArguments[operands]?.argChoices, current),
  ]
}

const choose = (words: readonly string[] = [], start: string): readonly Offer[] =>
  words.filter(word => word.startsWith(start)).map(word => [word, ''])

const listOptions = (command: Command, start: string): readonly Offer[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, short, description }) => {
      const name = [long, short].find(one => one?.startsWith(start))
      return name === undefined ? [] : [[name, description] as const]
    })

/** The program with the command that is named, or with all when none is: to define one takes a while. */
const createProgram = (name: string | undefined, commands: Commands): Command => {
  const program = new Command('streamz').version('', '-V, --version', 'show the version')
  for (const [word, find] of Object.entries(commands)) {
    if (name === undefined || name === word) program.addCommand(createCommand(find().define()))
  }
  program
    .command('help')
    .description('examples, options and exit codes of a command')
    .addArgument(new Argument('[command]').choices([...Object.keys(commands), ...generated]))
  program
    .command('completion')
    .description('a completion script for a shell')
    .addArgument(new Argument('[shell]').choices(shells))
  return program
}
