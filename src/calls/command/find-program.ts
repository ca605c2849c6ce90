import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '../../core/io/system-error.js'
import { stopCodes } from '../../core/stop-codes.js'

/** Where a program is, or the exit code a shell would give: 127 not found, 126 found but not executable. */
export type FoundProgram =
  | { readonly state: 'found'; readonly path: string }
  | { readonly state: 'not found'; readonly exit: typeof stopCodes.notFound }
  | { readonly state: 'not executable'; readonly exit: typeof stopCodes.notExecutable; readonly path: string }

/**
 * Looks for a program as a shell does: a name with a slash is a path, any other is looked for along PATH, where an empty
 * entry is the current folder, and what cannot be run is passed over while something later can.
 */
export const findProgram = (name: string, searchPath = process.env.PATH ?? '/bin:/usr/bin'): FoundProgram => {
  let refused: string | undefined
  for (const path of name.includes('/') ? [name] : candidates(name, searchPath)) {
    const state = look(path)
    if (state === 'found') return { state, path }
    if (state === 'not executable') refused ??= path
  }
  return refused === undefined
    ? { state: 'not found', exit: stopCodes.notFound }
    : { state: 'not executable', exit: stopCodes.notExecutable, path: refused }
}

const candidates = (name: string, searchPath: string): string[] =>
  name === '' ? [] : searchPath.split(':').map(folder => join(folder === '' ? '.' : folder, name))

const look = (path: string): FoundProgram['state'] => {
  try {
    // A folder may be "executable" too.
    if (!statSync(path).isFile()) return 'not executable'
    accessSync(path, constants.X_OK)
    return 'found'
  } catch (error) {
    return systemCode(error) === 'EACCES' ? 'not executable' : 'not found'
  }
}
