import { realClock } from '../../core/clock.js'
import { systemCode } from '../../core/io/system-error.js'
import { StoreError } from '../store-error.js'
import type { Address } from './address.js'
import type { Credentials, Server } from './server.js'
import { within } from './within.js'

/** Connects to the server of an address, unless this process already is. Rejects with a StoreError: `unreachable` after 5 seconds. */
export const connectServer = async (address: Address, credentials: Credentials): Promise<Server> => {
  const known = servers.get(address.server)
  if (known !== undefined) return known
  const server = await open(address, credentials)
  servers.set(address.server, server)
  try {
    const until = realClock.now() + timeToConnect
    await within(server.ready(), until)
    // The first answer also tells the time.
    await within(server.cell(address.name).look(), until)
  } catch (error) {
    throw server.explain(error)
  }
  return server
}

/** The server of an address that was connected to before. */
export const findServer = ({ server, shown }: Address): Server => {
  const found = servers.get(server)
  if (found === undefined) throw new Error(`${shown} was not connected to`)
  return found
}

/** Ends all connections: without this the process would not end. */
export const closeServers = async (): Promise<void> => {
  const all = [...servers.values()]
  servers.clear()
  await Promise.all(all.map(server => server.close()))
}

const servers = new Map<string, Server>()
const timeToConnect = 5000

const open = async (address: Address, credentials: Credentials): Promise<Server> => {
  try {
    const { connectRedis } = await import('./redis.js')
    return await connectRedis(address, credentials)
  } catch (error) {
    if (!/MODULE_NOT_FOUND$/.test(systemCode(error))) throw error
    throw new StoreError(
      'missing',
      `${address.engine}:// needs a package that is not installed: npm install ioredis@6.0.0`,
    )
  }
}
