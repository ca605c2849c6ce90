import { parseAddress } from '../servers/address.js'
import { findServer } from '../servers/connections.js'

/** The URL itself, or those of the circuits of all keys when they are kept there instead. */
export const listOnServer = async (url: string): Promise<readonly string[]> => {
  const address = parseAddress(url)
  if (typeof address === 'string') throw new TypeError(address)
  const server = findServer(address)
  try {
    if ((await server.cell(address.name).look()) !== undefined) return [url]
    const names = await server.list(`${address.name}.`)
    const keys = names.filter(name => /^\.[0-9a-f]{32}$/.test(name.slice(address.name.length)))
    return keys.length === 0 ? [url] : keys.map(name => `${address.server}/${name}`)
  } catch (error) {
    throw server.explain(error)
  }
}
