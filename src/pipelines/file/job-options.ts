import type { CommonOptions } from '../../cli/common-options.js'
import { parseCommand } from '../../cli/create-command.js'

/** The options of every command as a job has them, defaults included. */
export const parseJobOptions = (words: readonly string[]): CommonOptions => {
  const { invocation } = parseCommand(
    {
      words: { name: 'run', purpose: '', examples: [], usage: '', seeAlso: [] },
      prepare: () => () => Promise.resolve(0),
    },
    words,
    undefined,
  )
  return invocation.flags as CommonOptions
}
