import { parseAddress, type ServerAddress } from '../../src/stores/servers/address.js'
import { connectServer } from '../../src/stores/servers/connections.js'

/** Connects this process to the server of a URL. */
export const connectTo = async (url: string): Promise<ServerAddress> => {
  const address = parseAddress(url)
  if (typeof address === 'string') throw new Error(address)
  await connectServer(address, {})
  return address
}
