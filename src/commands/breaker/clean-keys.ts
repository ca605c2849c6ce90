import { rmSync } from 'node:fs'
import type { Breaker } from '../../core/breaker/model.js'
import { isSpotless } from '../../core/breaker/window.js'
import type { Clock } from '../../core/clock.js'
import { tryAcquire } from '../../stores/files/lock.js'
import { StoreError } from '../../stores/store-error.js'
import { listFiles, readState } from './list-states.js'

/** Removes a circuit's file when it says no more than no file would: closed, and nothing bad is known. */
export const removeIfIdle = async (file: string, clock: Clock): Promise<void> => {
  try {
    if (!(await isIdle(file, clock))) return
    const held = tryAcquire(file)
    if (held === undefined) return
    try {
      if ((await isIdle(file, clock)) && held.stillMine()) rmSync(file, { force: true })
    } finally {
      held.release()
    }
  } catch (error) {
    // A file that cannot be read or removed is left where it is.
    if (!(error instanceof StoreError) && !(error instanceof Error && 'code' in error)) throw error
  }
}

/**
 * Removes all such circuits in a folder, for a second at most: the rest is left to later runs. Each begins elsewhere, or those
 * that stay would keep it from the ones behind them.
 */
export const cleanFolder = async (folder: string, clock: Clock, random = Math.random): Promise<void> => {
  const end = clock.now() + 1000
  const files = listFiles(folder)
  const from = Math.floor(random() * files.length)
  for (const file of [...files.slice(from), ...files.slice(0, from)]) {
    if (clock.now() > end) return
    await removeIfIdle(file, clock)
  }
}

const isIdle = async (file: string, clock: Clock): Promise<boolean> => {
  const found = await readState(file, clock)
  return found !== undefined && saysNothing(found.breaker)
}

const saysNothing = ({ machine, window, streak, foreign }: Breaker): boolean =>
  machine.state === 'closed' &&
  machine.override === null &&
  machine.reopened === 0 &&
  foreign === undefined &&
  streak === 0 &&
  isSpotless(window)
