import tab from '@bomb.sh/tab/commander'
import { Argument, Command } from 'commander'
import { createCommand } from '../create-command.js'
import type { CommandModule } from '../definition.js'
import { UsageError } from '../usage-error.js'
import { bashScript } from './completion-bash.js'

const shells = ['bash', 'zsh', 'fish', 'powershell']

/** The script that makes a shell ask `streamz complete` for words. */
export const completionScript = (shell: string | undefined): string => {
  if (shell === undefined || !shells.includes(shell)) {
    throw new UsageError(
      `'${shell ?? ''}' is no shell that completion is made for; give one of ${shells.join(', ')}, as in: streamz completion bash`,
    )
  }
  if (shell === 'bash') return bashScript
  const lines = catchLines(() => tab(new Command('streamz')).setup('streamz', 'streamz', shell))
  return `${harden(lines.join('\n'), shell)}\n`
}

// Where the library's scripts evaluate text of the line that is not quoted, or not quoted well.
const patches: Readonly<Record<string, readonly [unsafe: string, safe: string]>> = {
  zsh: ['{BASH_REMATCH}', '{(q)BASH_REMATCH}'],
  // PowerShell takes curly quotes for quotes too.
  powershell: [`($_ -replace "'", "''")`, `($_ -replace "['\\u2018-\\u201B]", '$0$0')`],
}

const harden = (script: string, shell: string): string => {
  const [unsafe, safe] = patches[shell] ?? ['', '']
  if (!script.includes(unsafe)) throw new Error(`The script for ${shell} has changed: it has no ${unsafe}`)
  return script.replace(unsafe, () => safe)
}

/** Answers the shell: the words that may come next. */
export const completeWords = (
  args: readonly string[],
  commands: Readonly<Record<string, () => CommandModule>>,
): string => {
  const words = args[0] === '--' ? args.slice(1) : args
  // Behind -- stand the words of another program.
  if (words.slice(0, -1).includes('--')) return ':0\n'
  const program = new Command('streamz')
  for (const find of Object.values(commands)) {
    program.addCommand(createCommand(find().define()))
  }
  program
    .command('help')
    .description('examples, options and exit codes of a command')
    .addArgument(new Argument('[command]').choices([...Object.keys(commands), 'exit-codes']))
  program
    .command('completion')
    .description('a completion script for a shell')
    .addArgument(new Argument('[shell]').choices(shells))
  const ask = (asked: readonly string[]) =>
    catchLines(() => tab(program).parse([...asked]))
      .slice(0, -1)
      // The library's own, which shells call.
      .filter(line => !line.startsWith('complete\t'))
  // It knows short options behind - alone.
  const lines = words.at(-1) === '-' ? ask([...words.slice(0, -1), '--']) : ask(words)
  // Where no word is known, the name of a file may be meant.
  return lines.length > 0 ? `${lines.join('\n')}\n:4\n` : ':0\n'
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
