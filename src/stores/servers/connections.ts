import { realClock } from '../../core/clock.js'
import { systemCode } from '../../core/io/system-error.js'
import { StoreError } from '../store-error.js'
import type { ServerAddress } from './address.js'
import type { Credentials, Server } from './server.js'
import { within } from './within.js'

/** Connects to the server of an address, unless this process already is. Rejects with a StoreError: `unreachable` after 6 seconds. */
export const connectServer = async (address: ServerAddress, credentials: Credentials): Promise<Server> => {
  const known = servers.get(address.server)
  if (known !== undefined) return known
  const until = realClock.now() + timeToConnect
  const server = await open(address, credentials, until)
  servers.set(address.server, server)
  try {
    await within(server.ready(), until)
    // The first answer also tells the time; what is there is not looked at yet.
    await within(server.cell('_clock').look(), until)
  } catch (error) {
    throw server.explain(error)
  }
  return server
}

/** The server of an address that was connected to before. */
export const findServer = ({ server, shown }: ServerAddress): Server => {
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
const timeToConnect = 6000

const packagesOf = {
  redis: 'ioredis@6.0.0',
  nats: '@nats-io/transport-node@3.3.1 @nats-io/jetstream@3.3.1 @nats-io/kv@3.3.1',
}

const open = async (address: ServerAddress, credentials: Credentials, until: number): Promise<Server> => {
  try {
    if (address.engine === 'redis') return await (await import('./redis.js')).connectRedis(address, credentials)
    return await (await import('./nats.js')).connectNats(address, credentials, until)
  } catch (error) {
    if (!/MODULE_NOT_FOUND$/.test(systemCode(error))) throw error
    const packages = packagesOf[address.engine]
    throw new StoreError(
      'missing',
      `${address.engine}:// needs what is not installed with streamz; install it beside it: npm install ${packages}`,
    )
  }
}
