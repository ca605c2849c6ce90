import { type Address, parseAddress } from '../../src/stores/state/address.js'
import { connectServer } from '../../src/stores/state/servers.js'

/** Connects this process to the server of a URL. */
export const connectTo = async (url: string): Promise<Address> => {
  const address = parseAddress(url)
  if (typeof address === 'string') throw new Error(address)
  await connectServer(address, {})
  return address
}
