import { closeSync, fsync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { syncFolder } from '../files/atomic-write.js'
import { explainWrite, type StoreError } from '../store-error.js'
import type { Part } from './part.js'

type Unpublished = { readonly path: string; readonly error: StoreError }

/**
 * Gives files their names once all of them are on the disk, so that after a power loss none is empty; `maxOpen` are open at a
 * time. Gives those that cannot be given theirs, and folders that could not be synced.
 */
export const publishParts = async (parts: readonly Part[], maxOpen: number): Promise<readonly Unpublished[]> => {
  const failed: Unpublished[] = []
  const attempt = async (path: string, act: () => void | Promise<void>): Promise<boolean> => {
    try {
      await act()
      return true
    } catch (error) {
      failed.push({ path, error: explainWrite(error, path) })
      return false
    }
  }
  const synced: Part[] = []
  const atOnce = Math.max(1, Math.min(maxOpen, 16))
  for (let from = 0; from < parts.length; from += atOnce) {
    await Promise.all(
      parts.slice(from, from + atOnce).map(async part => {
        if (await attempt(part.path, () => sync(part))) synced.push(part)
      }),
    )
  }
  const folders = new Set<string>()
  for (const part of synced) if (await attempt(part.path, () => part.publish())) folders.add(dirname(part.path))
  for (const folder of folders) await attempt(folder, () => syncFolder(folder))
  return failed
}

const syncFile = promisify(fsync)

const sync = async (part: Part): Promise<void> => {
  const file = part.reopen()
  try {
    await syncFile(file)
  } finally {
    closeSync(file)
  }
}
