import { linkSync, unlinkSync } from 'node:fs'
import { systemCode } from '../../core/io/system-error.js'
import { explainWrite } from '../store-error.js'

/** Renames a damaged file to `path.bad-<time>`, never over another one, and returns the new name. */
export const moveAside = (path: string, wall: number): string => {
  const time = new Date(wall).toISOString().replaceAll(/[-:]/g, '')
  for (let number = 1; ; number++) {
    const kept = `${path}.bad-${time}${number === 1 ? '' : `-${number}`}`
    try {
      linkSync(path, kept)
      unlinkSync(path)
      return kept
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw explainWrite(error, path)
    }
  }
}
