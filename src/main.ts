import { commands } from 'streamz:commands'
import { CommanderError } from 'commander'
import type { When } from './cli/color.js'
import { parseCommand } from './cli/create-command.js'
import type { CommandModule, Definition } from './cli/definition.js'
import { exitCodes } from './cli/exit-codes.js'
import { createMessages } from './cli/messages.js'
import { print } from './cli/printer.js'
import { runStream } from './cli/stream/run-stream.js'
import { HelpAsked, StartError, UsageError } from './cli/usage-error.js'
import { keepCommandLine } from './cli/who.js'
import { ReadError } from './core/io/input.js'
import { closeServers } from './stores/servers/connections.js'
import { isTemporary, StoreError } from './stores/store-error.js'

/** Finds the command by name, runs it, and turns every error into an exit code. */
export const main = async (argv: readonly string[]): Promise<number> => {
  // Before the first `--` are our arguments; after it the user's command, verbatim.
  const dashes = argv.indexOf('--')
  const ours = dashes === -1 ? argv : argv.slice(0, dashes)
  const rest = dashes === -1 ? undefined : argv.slice(dashes + 1)
  const name = ours[0] ?? ''
  // Without a handler Node would open its debugger to everything on the machine.
  process.on('SIGUSR1', () => {})
  try {
    const find = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (find === undefined) return await withoutCommand(name, argv)
    return await runCommand(find().define(), ours.slice(1), rest)
  } catch (error) {
    return report(name, error, findTopic(ours), findColor(ours))
  } finally {
    await closeServers()
  }
}

const runCommand = (
  definition: Definition,
  args: readonly string[],
  rest: readonly string[] | undefined,
): Promise<number> => {
  const { definition: chosen, invocation } = parseCommand(definition, args, rest)
  keepCommandLine(chosen, args, rest)
  const prepared = chosen.prepare({ ...invocation, commands })
  return typeof prepared === 'function' ? prepared() : runStream(prepared)
}

const withoutCommand = (name: string, argv: readonly string[]): Promise<number> => {
  const { runTopLevel } = require('./cli/help/top-level.ts') as typeof import('./cli/help/top-level.js')
  return runTopLevel(name, argv, commands)
}

declare const require: (path: string) => unknown

/** The help of a command or of its verb. */
const findTopic = ([name = '', verb = '']: readonly string[]): string | undefined => {
  const find = Object.hasOwn(commands, name) ? commands[name] : undefined
  const page = find?.()
    .define()
    .verbs?.find(({ words }) => words.name === `${name} ${verb}`)
  return page?.words.name ?? (find && name)
}

/** The value of `--color`, even if the rest of the command line is wrong. */
const findColor = (words: readonly string[]): When => {
  const at = words.findLastIndex(word => /^--color(=|$)/.test(word))
  const text = words[at]?.slice('--color='.length) || words[at + 1]
  return at !== -1 && (text === 'never' || text === 'always') ? text : 'auto'
}

const report = async (name: string, error: unknown, topic: string | undefined, color: When): Promise<number> => {
  if (error instanceof HelpAsked) return print(name, error.text)
  const messages = createMessages(name, color, false)
  const [text, code] = explain(error, topic)
  messages.error(text)
  await messages.output.flush()
  messages.output.close()
  return code
}

const explain = (error: unknown, topic: string | undefined): readonly [string, number] => {
  const see = topic === undefined ? '' : `\nSee: streamz help ${topic}`
  if (error instanceof CommanderError) {
    const text = error.message.replace(/^error: /, '')
    return [`${text.charAt(0).toUpperCase()}${text.slice(1)}${see}`, exitCodes.usage.code]
  }
  if (error instanceof UsageError) {
    return [`${error.message}${see}`, exitCodes.usage.code]
  }
  if (error instanceof StartError) return [error.message, error.exit]
  if (error instanceof ReadError) return [error.message, exitCodes.io.code]
  if (error instanceof StoreError) {
    return [error.message, isTemporary(error) ? exitCodes.temporary.code : exitCodes.io.code]
  }
  const stack = error instanceof Error ? error.stack : String(error)
  return [`This is a bug in streamz, please report it: ${stack}`, exitCodes.io.code]
}

export type { CommandModule }
