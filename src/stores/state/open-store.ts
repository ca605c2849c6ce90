import { isAddress, parseAddress } from '../servers/address.js'
import { findServer } from '../servers/connections.js'
import { createFileStore, type FileStoreOptions } from './file.js'
import { createRemoteStore, type RemoteStoreOptions } from './remote.js'
import type { Store } from './store.js'

/** The store in a file, or on a server that was connected to before: `path` is its URL then. */
export const openStore = (options: FileStoreOptions & Pick<RemoteStoreOptions, 'lifetime'>): Store => {
  const { path, version, kind, lifetime } = options
  if (!isAddress(path)) return createFileStore(options)
  const address = parseAddress(path)
  if (typeof address === 'string') throw new TypeError(address)
  return createRemoteStore({
    server: findServer(address),
    name: address.name,
    shown: address.shown,
    version,
    kind,
    lifetime,
  })
}
