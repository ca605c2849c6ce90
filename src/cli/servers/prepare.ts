import { isAddress, parseAddress, type ServerAddress } from '../../stores/servers/address.js'
import { connectServer } from '../../stores/servers/connections.js'
import { StoreError } from '../../stores/store-error.js'
import { flagOf } from '../flag-of.js'
import type { NamedFiles } from '../stream/check-files.js'
import { UsageError } from '../usage-error.js'
import { readSecret, readText } from '../values/secret.js'
import type { ServerFlags } from './options.js'

/** The servers that keep the states of a run. */
export type Servers = {
  /** Connects to them. Throws a `UsageError`, or a `StoreError` when one does not answer or lets nobody in. */
  connect(): Promise<void>
  /** Says what may go wrong with them. */
  tellRisks(warn: (message: string) => void): void
}

/** Finds out which servers these places, by flag, are on. Throws a `UsageError` for what is no URL of a state. */
export const prepareServers = (flags: ServerFlags, places: NamedFiles): Servers => {
  const found = Object.entries(places).flatMap(([flag, place]) =>
    place === undefined || !isAddress(place) ? [] : [{ flag, address: readAddress(flag, place) }],
  )
  const risks: string[] = []
  const connect = async (): Promise<void> => {
    if (found.length === 0) return refuseAlone(flags, Object.keys(places))
    const { stateAuth: auth, stateCacert: cacert, stateCreds: creds } = flags
    const credentials = {
      password: auth === undefined ? undefined : readPassword(auth),
      ca: cacert === undefined ? undefined : readText('--state-cacert', cacert),
      creds: creds === undefined ? undefined : readText('--state-creds', creds),
    }
    for (const { flag, address } of found) {
      refuseOther(address, flags)
      if (address.password !== undefined)
        risks.push(`${flag}: a password in a URL can be seen by other users of this host; use --state-auth env:NAME`)
      try {
        const server = await connectServer(address, credentials)
        risks.push(...(await server.findRisks()))
      } catch (error) {
        if (error instanceof StoreError && error.code === 'missing') throw new UsageError(`${flag}: ${error.message}`)
        throw error
      }
    }
  }
  return {
    connect,
    tellRisks(warn) {
      for (const risk of new Set(risks)) warn(risk)
    },
  }
}

/** A place as it is named everywhere: a file as it is, a URL without its password. Throws a `UsageError`. */
export const namePlace = (flag: string, place: string): string =>
  isAddress(place) ? readAddress(flag, place).shown : place

const readAddress = (flag: string, text: string): ServerAddress => {
  const address = parseAddress(text)
  if (typeof address === 'string') throw new UsageError(`${flag}: ${address}`)
  return address
}

const readPassword = (text: string): string => {
  const { value, shown } = readSecret('--state-auth', text, true)
  if (shown === undefined)
    throw new UsageError(
      '--state-auth: a password on the command line can be seen by other users; use env:NAME or @FILE, as in: --state-auth env:REDIS_PASSWORD',
    )
  return value
}

const refuseAlone = (flags: ServerFlags, places: readonly string[]): void => {
  const alone = (['stateAuth', 'stateCacert', 'stateCreds'] as const).find(key => flags[key] !== undefined)
  if (alone === undefined) return
  throw new UsageError(`${flagOf(alone)} is for a state on a server, as in: ${places.join(' or ')} redis://HOST/NAME`)
}

const refuseOther = ({ engine, tls, shown }: ServerAddress, { stateCacert, stateCreds }: ServerFlags): void => {
  if (engine === 'redis' && stateCreds !== undefined)
    throw new UsageError(`--state-creds is for nats://, but the state is at ${shown}; use --state-auth`)
  if (engine === 'redis' && !tls && stateCacert !== undefined)
    throw new UsageError(`--state-cacert needs TLS, but the state is at ${shown}; use rediss://`)
}
