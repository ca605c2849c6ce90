import { resolve } from 'node:path'
import type { NamePattern } from '../../stores/outputs/name-pattern.js'
import { alreadyThere, createPart, type Existing, leftOver } from '../../stores/outputs/part.js'
import { StoreError } from '../../stores/store-error.js'
import { UsageError } from '../usage-error.js'

/** Checks before anything is read that a file may be written. Throws a UsageError that begins with the flag. */
export const checkOutput = (flag: string, path: string, existing: Existing): void => {
  try {
    createPart(path, { existing, wall: () => 0, onTorn: () => {} })
  } catch (error) {
    if (error instanceof StoreError) throw new UsageError(`${flag}: ${error.message}`)
    throw error
  }
}

/** The same for names that depend on records. The current folder may contain other files: collisions there are refused later. */
export const checkNamePattern = (
  flag: string,
  pattern: NamePattern,
  { existing, inputs }: { readonly existing: Existing; readonly inputs: readonly string[] },
): void => {
  if (existing === 'refuse') {
    const [left] = pattern.list('.part')
    if (left !== undefined) throw new UsageError(`${flag}: ${leftOver(left.replace(/\.part$/, '')).message}`)
    const [old] = pattern.isHere ? [] : pattern.list('')
    if (old !== undefined) throw new UsageError(`${flag}: ${alreadyThere(old).message}`)
    return
  }
  const input = inputs.find(file => file !== '-' && pattern.fits(resolve(file)))
  if (input !== undefined) {
    throw new UsageError(`${flag}: ${input} is an input and has a name that would be written; choose another folder`)
  }
}
