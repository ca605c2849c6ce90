import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { UsageError } from '../../cli/usage-error.js'
import { checkState } from './check.js'
import type { BreakerFlags } from './options.js'
import { setState } from './set-state.js'
import { findPlace } from './state-place.js'
import { showStatus } from './status.js'

type Verb = {
  readonly run: (path: string, flags: BreakerFlags) => Promise<number>
  /** The options it knows, besides those that name the state. */
  readonly options: readonly string[]
}

const verbs: Readonly<Record<string, Verb>> = {
  status: { run: showStatus, options: ['json'] },
  check: { run: checkState, options: ['stateStrict'] },
  open: { run: (path, flags) => setState('open', path, flags), options: ['for', 'why'] },
  close: { run: (path, flags) => setState('close', path, flags), options: ['for', 'why'] },
  reset: { run: (path, flags) => setState('reset', path, flags), options: ['why'] },
}

/** The verbs as commands with the options of `command` that they know, for completion. */
export const listVerbs = (command: Command): readonly Command[] =>
  Object.entries(verbs).map(([word, { options }]) => {
    const verb = new Command(word)
    for (const option of command.options) {
      if ([...common, ...options].includes(option.attributeName())) verb.addOption(option)
    }
    return verb
  })

const common = ['state', 'name', 'color', 'quiet']
const ofVerbs = ['json', 'for', 'why']

/** Runs `status`, `check`, `open`, `close` or `reset`; undefined when the first operand is none of them. */
export const runVerb = (
  command: Command,
  operands: readonly string[],
  rest: readonly string[] | undefined,
): Promise<number> | undefined => {
  const [word = '', ...places] = operands
  const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined
  if (verb === undefined) {
    refuseOptions(command, ofVerbs, `goes with a verb, as in: streamz breaker status api.json --json`)
    return undefined
  }
  if (rest !== undefined) {
    throw new UsageError(
      `${word} takes no COMMAND: it looks after a state. To run a program of that name: streamz breaker -- ${word}; to read a file of that name: ./${word}`,
    )
  }
  const foreign = command.options
    .map(option => option.attributeName())
    .filter(name => !common.includes(name) && !verb.options.includes(name))
  refuseOptions(command, foreign, `does not go with ${word}`)
  const flags = command.opts<BreakerFlags>()
  return verb.run(findState(word, places, flags), flags)
}

const refuseOptions = (command: Command, names: readonly string[], why: string): void => {
  const given = command.options.find(
    option => names.includes(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === 'cli',
  )
  if (given !== undefined) throw new UsageError(`${given.long} ${why}`)
}

const findState = (verb: string, places: readonly string[], flags: BreakerFlags): string => {
  const [place] = places
  const named = findPlace(flags).path
  // Circuits by key are kept in a folder, which has the bare name.
  const folder = named?.replace(/\.json$/, '')
  const path =
    place ?? (named !== undefined && folder !== undefined && !existsSync(named) && existsSync(folder) ? folder : named)
  if (path !== undefined && places.length <= 1 && (place === undefined || named === undefined)) return path
  const what = path === undefined ? 'needs' : 'takes one'
  throw new UsageError(`${verb} ${what} STATE, as in: streamz breaker ${verb} api.json, or with --name: --name api`)
}
