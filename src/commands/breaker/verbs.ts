import { existsSync } from 'node:fs'
import type { Option } from 'commander'
import { listMessageOptions } from '../../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../../cli/definition.js'
import type { Words } from '../../cli/help/words.js'
import { option } from '../../cli/option.js'
import { listServerOptions } from '../../cli/servers/options.js'
import { namePlace, prepareServers } from '../../cli/servers/prepare.js'
import { UsageError } from '../../cli/usage-error.js'
import { anyText } from '../../cli/values/any-text.js'
import { duration } from '../../cli/values/duration.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { isAddress } from '../../stores/servers/address.js'
import { checkState } from './check.js'
import { listPlaceOptions, strictOption, type VerbFlags } from './options.js'
import { setState } from './set-state.js'
import { findPlace } from './state-place.js'
import { showStatus } from './status.js'

const group = 'Action'

const forOption = () => option(group, '--for <duration>', 'how long (1h)', duration)
const whyOption = () => option(group, '--why <text>', 'the reason, shown by other runs and by status', anyText)

/** The verbs that look at a state or set it by hand. */
export const listVerbs = (): readonly Definition[] => [
  defineVerb(
    {
      name: 'breaker status',
      purpose: 'Show a circuit: state, since when, until when, why, which process, and what to do',
      examples: [
        { note: 'for people', run: 'streamz breaker status api.json' },
        { note: 'for programs, with the last changes', run: 'streamz breaker status api.json --json' },
      ],
    },
    [option(group, '--json', 'as JSON, an object per circuit')],
    showStatus,
  ),
  defineVerb(
    {
      name: 'breaker check',
      purpose: 'Exit 0 if calls would be made, 75 if the circuit is open',
      examples: [{ note: 'at the top of a cron script', run: 'streamz breaker check api.json || exit 75' }],
      notes:
        'A circuit whose probe is due counts as closed, so that a run can send the probe. With a folder of circuits: 75 if all of them are open.',
      exit: ['temporary'],
    },
    [strictOption()],
    checkState,
  ),
  defineVerb(
    {
      name: 'breaker open',
      purpose: 'Force a circuit open for a time; then it is probed',
      examples: [
        { note: 'for a maintenance window', run: "streamz breaker open api.json --for 2h --why 'vendor called'" },
      ],
    },
    [forOption(), whyOption()],
    (path, flags) => setState('open', path, flags),
  ),
  defineVerb(
    {
      name: 'breaker close',
      purpose: 'Force a circuit closed for a time, whatever fails',
      examples: [{ note: 'for ten minutes', run: 'streamz breaker close api.json --for 10m' }],
    },
    [forOption(), whyOption()],
    (path, flags) => setState('close', path, flags),
  ),
  defineVerb(
    {
      name: 'breaker reset',
      purpose: 'Close a circuit and forget its outcomes, errors and counters',
      examples: [{ note: 'the service is repaired', run: "streamz breaker reset api.json --why 'fixed'" }],
    },
    [whyOption()],
    (path, flags) => setState('reset', path, flags),
  ),
]

const defineVerb = (
  words: Omit<Words, 'usage' | 'seeAlso'>,
  options: readonly Option[],
  run: (path: string, flags: VerbFlags) => Promise<number>,
): Definition => ({
  words: { ...words, usage: '(STATE | --name NAME) [OPTION...]', seeAlso: ['breaker'] },
  operands: [operand('[state...]')],
  options: [...options, ...listPlaceOptions(), ...listServerOptions(), ...listMessageOptions()],
  common: 'none',
  prepare({ operands, flags }: Invocation<VerbFlags>) {
    const [places] = operands as [string[]]
    refuseNoTime(flags)
    const find = prepareState(words.name.replace('breaker ', ''), places, flags)
    const servers = prepareServers(flags, { STATE: places[0], '--state': flags.state })
    return async () => {
      await servers.connect()
      return run(find(), flags)
    }
  },
})

const refuseNoTime = (flags: VerbFlags): void => {
  if (flags.for === 0) throw new UsageError('--for must be longer than 0, as in: --for 1h')
}

const prepareState = (verb: string, places: readonly string[], flags: VerbFlags): (() => string) => {
  const [place] = places
  const named = findPlace(flags).path
  const path = place === undefined ? named : namePlace('STATE', place)
  if (path === undefined || places.length > 1 || (place !== undefined && named !== undefined)) {
    const what = path === undefined ? 'needs' : 'takes one'
    throw new UsageError(`${verb} ${what} STATE, as in: streamz breaker ${verb} api.json, or with --name: --name api`)
  }
  if (isAddress(path)) return () => path
  // Circuits by key are kept in a folder, which has the bare name.
  const folder = path.replace(/\.json$/, '')
  return () => (place === undefined && !existsSync(path) && existsSync(folder) ? folder : resolveLink(path))
}
