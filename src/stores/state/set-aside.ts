import { isAddress } from '../servers/address.js'
import { StoreError } from '../store-error.js'
import { moveAside } from './move-aside.js'

/** Moves a file that makes no sense aside and says where it is kept. What a server keeps belongs to somebody: it stays, and that is an error. */
export const setAside = (path: string, wall: number): string => {
  if (!isAddress(path)) return moveAside(path, wall)
  throw new StoreError(
    'foreign',
    `${path} holds something else and is not changed: use another name, or remove it from the server`,
  )
}
