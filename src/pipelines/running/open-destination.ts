import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
} from 'node:fs'
import { nameTemporary, removeQuietly } from '../../stores/files/temporary.js'
import { explainWrite } from '../../stores/store-error.js'

/** Where the records of a job go. */
export type Destination = {
  readonly fd: number
  /** As it is named in messages. */
  readonly name: string
  /** The run is complete: what was written takes the place of the file. Throws a `StoreError`. */
  complete(): void
  /** The run was cut: where what was written is kept now; undefined when it is where it belongs, or is nothing. */
  leave(isEmpty: boolean): string | undefined
}

/** Opens the output: aside, unless it is appended to or is not a regular file. Throws a `StoreError`. */
export const openDestination = (path: string | undefined, append: boolean): Destination => {
  if (path === undefined) return { fd: 1, name: 'standard output', complete() {}, leave: () => undefined }
  const stats = statSync(path, { throwIfNoEntry: false })
  if (append || (stats !== undefined && !stats.isFile())) return openInPlace(path, append)
  return openAside(path, stats)
}

const openInPlace = (path: string, append: boolean): Destination => {
  const fd = attempt(path, () => openSync(path, append ? 'a' : 'w'))
  return { fd, name: path, complete: () => closeSync(fd), leave: () => void closeSync(fd) }
}

const openAside = (path: string, stats: Stats | undefined): Destination => {
  // A link stays: what it leads to is replaced.
  const target = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
    ? attempt(path, () => realpathSync(path))
    : path
  const temporary = nameTemporary(target)
  const fd = attempt(path, () => openSync(temporary, 'wx'))
  return {
    fd,
    name: path,
    complete() {
      attempt(path, () => {
        if (stats !== undefined) chmodSync(temporary, stats.mode & 0o7777)
        fsyncSync(fd)
        closeSync(fd)
        renameSync(temporary, target)
      })
    },
    leave(isEmpty) {
      closeSync(fd)
      if (!isEmpty) return temporary
      removeQuietly(temporary)
      return undefined
    },
  }
}

const attempt = <T>(path: string, act: () => T): T => {
  try {
    return act()
  } catch (error) {
    throw explainWrite(error, path)
  }
}
