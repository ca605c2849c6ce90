import { readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { systemCode } from '../../core/io/system-error.js'

/**
 * What tells a file from others, also before it exists: its number on its disk, or where it will be once links are followed.
 * Nothing for devices and folders, which several may use.
 */
export const identifyFile = (path: string): readonly string[] => {
  try {
    const stats = statSync(path)
    return stats.isFile() || stats.isFIFO() ? [`${stats.dev}:${stats.ino}`] : []
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') return []
    const place = findPlace(resolve(path), 0)
    return place === undefined ? [] : [place]
  }
}

/** Where a file would be created: a link that leads nowhere yet is followed. */
const findPlace = (path: string, depth: number): string | undefined => {
  if (depth > 40) return undefined
  try {
    return findPlace(resolve(dirname(path), readlinkSync(path)), depth + 1)
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path))
    } catch {
      // Whoever creates it says that there is no such folder.
      return path
    }
  }
}
