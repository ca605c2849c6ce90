import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { namePlace } from '../../cli/servers/prepare.js'
import { UsageError } from '../../cli/usage-error.js'
import { systemCode } from '../../core/io/system-error.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { isAddress } from '../../stores/servers/address.js'
import { explainWrite } from '../../stores/store-error.js'
import type { BreakerFlags } from './options.js'

/** What a circuit is called and the file, folder or URL it is kept in; none: in memory. */
export type StatePlace = { readonly name: string; readonly path: string | undefined }

type PlaceFlags = Partial<Pick<BreakerFlags, 'state' | 'name' | 'breakerKey'>>

/** Where the flags say the circuit is. */
export const findPlace = ({ state, name, breakerKey }: PlaceFlags): StatePlace => {
  if (name !== undefined && !/^[\w@%+-][\w.@%+-]{0,99}$/.test(name)) {
    throw new UsageError(
      `--name ${JSON.stringify(name)} cannot be the name of a file; use up to 100 letters, digits, ., _ and -, as in: --name api`,
    )
  }
  if (typeof state === 'string') {
    const path = isAddress(state) ? namePlace('--state', state) : resolveLink(state)
    return { name: name ?? (basename(isAddress(state) ? path : state).replace(/\.json$/, '') || 'breaker'), path }
  }
  if (name === undefined) return { name: 'breaker', path: undefined }
  const file = breakerKey === undefined ? `${name}.json` : name
  return { name, path: state === false ? undefined : join(stateHome(), 'streamz', 'breaker', file) }
}

/** The same, and creates the folder that it needs. */
export const makePlace = (flags: PlaceFlags): StatePlace => {
  const place = findPlace(flags)
  const { path } = place
  if (path === undefined || isAddress(path)) return place
  const folder = flags.breakerKey !== undefined ? path : typeof flags.state === 'string' ? undefined : join(path, '..')
  try {
    if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    if (systemCode(error) === 'EEXIST') {
      throw new UsageError(
        `${folder} is a file, but --breaker-key needs a folder, for a file per key; use a folder for --state`,
      )
    }
    throw explainWrite(error, path)
  }
  return place
}

// The base directory specification: a relative path in it is invalid and to be ignored.
const stateHome = (): string => {
  const home = process.env.XDG_STATE_HOME
  if (home?.startsWith('/')) return home
  try {
    return join(homedir(), '.local', 'state')
  } catch {
    throw new UsageError(
      '--name keeps its state in the home folder, but HOME is not set and this user has none; use --state FILE, or set XDG_STATE_HOME',
    )
  }
}
