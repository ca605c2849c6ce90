import { exitCodes } from '../../cli/exit-codes.js'
import type { Messages } from '../../cli/messages.js'
import { realClock } from '../../core/clock.js'
import type { Stop } from '../../core/processor.js'
import type { Limit } from '../../core/rules/gcra.js'
import { createFileStore } from '../../stores/state/file.js'
import { createSharedLimit, type SharedLimit } from '../../stores/state/shared-limit.js'
import { StoreError } from '../../stores/store-error.js'

export type SharedLimitFile = {
  readonly path: string
  readonly limit: Limit
  readonly interval: number
  readonly maxKeys: number
  /** How long to wait for the lock, in milliseconds. */
  readonly timeout: number
}

/** A limit in a file; damaged content is set aside and counts as a limit that was just used up. */
export const openSharedLimit = (file: SharedLimitFile, messages: Messages): SharedLimit['take'] => {
  let damaged = false
  const store = createFileStore({
    path: file.path,
    version: 1,
    warn(message) {
      damaged = true
      messages.warn(`${message}; until a burst is earned anew nothing passes`)
    },
  })
  const onNonsense = () =>
    messages.warn(`What ${file.path} holds makes no sense as a limit; until a burst is earned anew nothing passes`)
  let told = false
  const onSetBack = () => {
    if (!told) messages.warn(`The clock was set back: what is used up of ${file.path} is earned from now on`)
    told = true
  }
  return createSharedLimit({ ...file, store, wall: realClock.wall, wasDamaged: () => damaged, onNonsense, onSetBack })
    .take
}

/** A limit is never guessed: without its file nothing passes. */
export const explainStore = (error: unknown): Stop => {
  if (!(error instanceof StoreError)) throw error
  const message = `Cannot use the limit of --state: ${error.message}`
  return { exit: error.code === 'busy' ? exitCodes.temporary.code : exitCodes.io.code, message }
}
