import { existsSync, lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { StoreError } from '../store-error.js'

/**
 * The file behind a symbolic link that the user names, also before it exists: its lock, its journal and what takes its place
 * stand beside it, not beside the link. Every command resolves the path it was given once, at its start; a link that
 * comes into its place later is not followed. Throws a StoreError for a loop, and for a link that others have planted.
 */
export const resolveLink = (path: string): string => {
  if (!isLink(lookAt(path))) return path
  const place = followLinks(path, refusePlanted)
  if (place === undefined) throw new StoreError('foreign', `${path} is a symbolic link that leads to itself`)
  // `/dev/stderr` leads to what has no place.
  if (lookAt(place) === undefined && existsSync(path))
    throw new StoreError(
      'foreign',
      `${path} does not lead to a file, but to something that a process has open; use the path of a file`,
    )
  return place
}

/** Where a file is, or would be created, once links are followed; undefined for a loop. `visit` is told each link. */
export const followLinks = (
  path: string,
  visit: (link: string, stats: Stats) => void = () => {},
): string | undefined => {
  let place = resolve(path)
  // As many as Linux follows.
  for (let links = 0; links <= 40; links++) {
    const folder = realFolder(place)
    place = join(folder, basename(place))
    const stats = lookAt(place)
    if (stats === undefined || !stats.isSymbolicLink()) return place
    visit(place, stats)
    place = resolve(folder, readlinkSync(place))
  }
  return undefined
}

const isLink = (stats: Stats | undefined): boolean => stats?.isSymbolicLink() === true

const realFolder = (place: string): string => {
  try {
    return realpathSync(dirname(place))
  } catch {
    // Creating the file will report that the folder does not exist.
    return dirname(place)
  }
}

const lookAt = (path: string): Stats | undefined => {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}

// As Linux protects those who open a file themselves: in /tmp only links of one's own, or of the folder's owner, are followed.
const refusePlanted = (link: string, { uid }: Stats): void => {
  const folder = lookAt(dirname(link))
  const isOpenToAll = folder !== undefined && (folder.mode & 0o1002) === 0o1002
  if (!isOpenToAll || uid === process.geteuid?.() || uid === folder.uid) return
  throw new StoreError(
    'foreign',
    `${link} is a symbolic link of another user in a folder where everyone may write: it is not followed`,
  )
}
