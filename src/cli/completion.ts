import tab from '@bomb.sh/tab/commander'
import { Argument, Command } from 'commander'
import { type CommandModule, UsageError } from './definition.js'

const shells = ['bash', 'zsh', 'fish', 'powershell']

/** The script that makes a shell ask `streamz complete` for words. */
export const completionScript = (shell: string | undefined): string => {
  if (shell === undefined || !shells.includes(shell)) {
    throw new UsageError(
      `'${shell ?? ''}' is no shell that completion is made for; give one of ${shells.join(', ')}, as in: streamz completion bash`,
    )
  }
  const lines = catchLines(() => tab(new Command('streamz')).setup('streamz', 'streamz', shell))
  // Or bash would complete no names of files, even where nothing else is to be said.
  return `${lines.join('\n').replace(/^complete -F/m, 'complete -o default -F')}\n`
}

/** Answers the shell: the words that may come next. */
export const completeWords = (
  args: readonly string[],
  commands: Readonly<Record<string, () => CommandModule>>,
): string => {
  const program = new Command('streamz')
  for (const find of Object.values(commands)) {
    const { command, verbs } = find().define()
    for (const verb of verbs?.() ?? []) command.addCommand(verb)
    program.addCommand(command)
  }
  program
    .command('help')
    .description('examples, options and exit codes of a command')
    .addArgument(new Argument('[command]').choices([...Object.keys(commands), 'exit-codes']))
  program
    .command('completion')
    .description('a completion script for a shell')
    .addArgument(new Argument('[shell]').choices(shells))
  const lines = catchLines(() => tab(program).parse(args.filter((word, index) => !(index === 0 && word === '--'))))
  // Where no word is known, the name of a file may be meant.
  return lines.length > 1 ? `${lines.join('\n')}\n` : ':0\n'
}

/** The library prints; here that is caught, so that it leaves like all other output. */
const catchLines = (print: () => void): string[] => {
  const lines: string[] = []
  const { log } = console
  console.log = (...parts: unknown[]) => void lines.push(parts.join(' '))
  try {
    print()
  } finally {
    console.log = log
  }
  return lines
}
