import { statSync } from 'node:fs'
import { systemCode } from '../../core/io/system-error.js'
import { followLinks } from '../../stores/files/resolve-link.js'

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
    const place = followLinks(path)
    return place === undefined ? [] : [place]
  }
}
