import { readdirSync } from 'node:fs'
import type { CommandModule, CommandTable } from '../../src/cli/definition.js'

/** All commands, as the program has them. */
export const readCommands = async (): Promise<CommandTable> => {
  const names = readdirSync('src/commands').flatMap(name => (name.endsWith('.ts') ? [name.slice(0, -3)] : []))
  const entries = await Promise.all(
    names.map(async name => {
      const module = (await import(`../../src/commands/${name}.js`)) as CommandModule
      return [name, () => module] as const
    }),
  )
  return Object.fromEntries(entries)
}
