import tab from '@bomb.sh/tab/commander'
import { Command } from 'commander'
import { type CommandModule, UsageError } from './definition.js'

const shells = ['bash', 'zsh', 'fish', 'powershell']

/** The script that makes a shell ask `streamz complete` for words. */
export const completionScript = (shell: string | undefined): string => {
  if (shell === undefined || !shells.includes(shell)) {
    throw new UsageError(
      `'${shell ?? ''}' is no shell that completion is made for; give one of ${shells.join(', ')}, as in: streamz completion bash`,
    )
  }
  const lines: string[] = []
  const { log } = console
  // The library prints its script; here it is caught, so that it leaves like all other output.
  console.log = (...parts: unknown[]) => void lines.push(parts.join(' '))
  try {
    tab(new Command('streamz')).setup('streamz', 'streamz', shell)
  } finally {
    console.log = log
  }
  return `${lines.join('\n')}\n`
}

/** Answers the shell: the words that may come next. */
export const completeWords = async (
  args: readonly string[],
  commands: Readonly<Record<string, () => CommandModule>>,
): Promise<number> => {
  const program = new Command('streamz')
  for (const find of Object.values(commands)) program.addCommand(find().define().command)
  program.command('help').description('examples, options and exit codes of a command')
  program.command('completion').description('a completion script for a shell')
  tab(program).parse(args.filter((word, index) => !(index === 0 && word === '--')))
  return 0
}
