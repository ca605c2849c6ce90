import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'

/** A new folder that is gone after the test. */
export const makeFolder = (t: ExecutionContext, base = tmpdir()): string => {
  const folder = mkdtempSync(join(base, 'streamz-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The same in memory where the system can: for thousands of files, which a busy disk takes long to make. */
export const makeFastFolder = (t: ExecutionContext): string =>
  makeFolder(t, existsSync('/dev/shm') ? '/dev/shm' : tmpdir())
