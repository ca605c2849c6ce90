import type { Command, Option } from 'commander'

/** What the words before the cursor say. */
export type LineSoFar = {
  /** The command they are for, or its verb. */
  readonly command: Command
  /** How many operands of it are there. */
  readonly operands: number
  /** The option whose value comes next. */
  readonly open: Option | undefined
}

/** Reads words as commander would: which are options, which are their values, which are operands. */
export const readLine = (words: readonly string[], program: Command): LineSoFar => {
  let command = program
  let operands = 0
  let open: Option | undefined
  for (const word of words) {
    const verb = operands === 0 ? command.commands.find(one => one.name() === word) : undefined
    if (open !== undefined) open = undefined
    else if (word.startsWith('--')) open = takesNext(findOption(command, word))
    else if (word.length > 1 && word.startsWith('-')) open = readCluster(command, word)
    else if (verb !== undefined) command = verb
    else operands++
  }
  return { command, operands, open }
}

/** The option of this long or short name. */
export const findOption = ({ options }: Command, name: string): Option | undefined =>
  options.find(({ long, short }) => name === long || name === short)

const takesNext = (option: Option | undefined) => (option?.required ? option : undefined)

/** Of `-qj 4` and `-j4` only the first has its value in the next word. */
const readCluster = (command: Command, word: string): Option | undefined => {
  for (let at = 1; at < word.length; at++) {
    const open = takesNext(findOption(command, `-${word[at]}`))
    if (open !== undefined) return at === word.length - 1 ? open : undefined
  }
  return undefined
}
