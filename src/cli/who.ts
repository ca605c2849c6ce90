import { userInfo } from 'node:os'
import { basename } from 'node:path'
import type { Option } from 'commander'
import { maxText, type Who } from '../core/who.js'
import { describeSelf, lookAfter } from '../stores/files/holder.js'
import { listOptions } from './create-command.js'
import type { Definition } from './definition.js'
import { parserOf } from './option.js'

/** This process as it stands in states and logs, with the command line that `keepCommandLine` was told. */
export const whoAmI = (stage?: string): Who => {
  const { started, boot, namespace } = describeSelf('')
  const name = stage === undefined ? undefined : cut(stage)
  return {
    user: userName(process.env),
    ...(name === undefined ? {} : { stage: name }),
    ...(told === undefined ? {} : { line: cut(told()) }),
    started,
    boot,
    namespace,
  }
}

/** Whether that process is known to have ended. */
export const hasEnded = (by: string, { started = '', boot = '', namespace = '' }: Who = {}): boolean => {
  const [, host = '', pid = ''] = /^(.*):(\d+)$/.exec(by) ?? []
  if (pid === '' || started === '') return false
  return lookAfter({ token: '', pid: Number(pid), started, boot, namespace, host }) === 'gone'
}

/** Remembers how the program was called; the text is made when it is asked for. */
export const keepCommandLine = (
  definition: Definition,
  args: readonly string[],
  rest: readonly string[] | undefined,
) => {
  told = () => describeCommandLine(definition, args, rest)
}

let told: (() => string) | undefined

/**
 * The command line as it may be stored: the subcommand, names of options, values that are numbers, times, sizes, rates or words,
 * and the base name of the program that is called. No operands, arguments, texts, headers or addresses.
 */
export const describeCommandLine = (
  definition: Definition,
  args: readonly string[],
  rest: readonly string[] | undefined,
): string => {
  const options = listOptions(definition)
  const words = ['streamz', definition.words.name]
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    const [flag = ''] = arg.split('=')
    const found = options.find(({ long, short }) => flag === long || flag === short)
    if (found === undefined) continue
    words.push(found.long ?? flag)
    if (found.required || found.optional) {
      const text = arg.includes('=') ? arg.slice(flag.length + 1) : (args[++at] ?? '')
      if (isClosed(found, text)) words.push(/^[\w.:/%,=+-]+$/.test(text) ? text : `'${text}'`)
    }
  }
  const program = nameProgram(rest)
  if (program !== undefined && definition.takesCommand) words.push('--', program)
  return words.join(' ')
}

/** The base name of the program behind `--`; of a line for the shell it may be anything, so that is only `sh`. */
export const nameProgram = (rest: readonly string[] | undefined): string | undefined => {
  const [program] = rest ?? []
  if (program === undefined) return undefined
  return /[\s=;|&<>$(){}'"`]/.test(program) ? 'sh' : cut(basename(program))
}

// A value that its parser refuses is never told: it may be anything.
const isClosed = (option: Option, text: string): boolean => {
  const parser = parserOf(option)
  if (parser === undefined || (parser.closed !== true && parser.words === undefined)) return false
  try {
    parser(text)
    return true
  } catch {
    return false
  }
}

const userName = ({ SUDO_USER: sudo }: NodeJS.ProcessEnv): string => {
  const name = findName()
  return cut(sudo && sudo !== name ? `${sudo} as ${name}` : name)
}

// A container may run under a number that has no name.
const findName = (): string => {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}

const cut = (text: string): string => (text.length <= maxText ? text : `${text.slice(0, maxText - 1)}…`)
