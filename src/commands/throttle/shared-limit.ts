import { rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { exitCodes } from '../../cli/exit-codes.js'
import type { Messages } from '../../cli/messages.js'
import { UsageError } from '../../cli/usage-error.js'
import { whoAmI } from '../../cli/who.js'
import type { Clock } from '../../core/clock.js'
import type { Stop } from '../../core/processor.js'
import { nameWho } from '../../core/who.js'
import { isAddress } from '../../stores/servers/address.js'
import { limitLifetime } from '../../stores/state/lifetime.js'
import { openStore } from '../../stores/state/open-store.js'
import { setAside } from '../../stores/state/set-aside.js'
import {
  createSharedLimit,
  formatNoLimits,
  type OneLimit,
  readLimitTexts,
  type SharedLimit,
  singleRate,
} from '../../stores/state/shared-limit.js'
import { isTemporary, StoreError } from '../../stores/store-error.js'

export type SharedLimitFile = {
  readonly path: string
  readonly limits: readonly OneLimit[]
  readonly maxKeys: number
  /** How long to wait for the lock, in milliseconds. */
  readonly timeout: number
  /** The name of this stage. */
  readonly stage?: string | undefined
}

/** A limit in a file; damaged content, and what is no limit, is set aside and counts as a limit that was just used up. */
export const openSharedLimit = (file: SharedLimitFile, messages: Messages, clock: Clock): SharedLimit => {
  const { path } = file
  let damaged = false
  const store = openStore({
    path,
    version: 1,
    kind: 'limit',
    clock,
    lifetime: limitLifetime,
    warn(message) {
      damaged = true
      messages.warn(`${message}; nothing passes until a full burst is available again`)
    },
  })
  const onForeign = () => {
    const kept = setAside(path, clock.wall())
    messages.warn(
      `${path} does not contain a limit; kept as ${kept}; nothing passes until a full burst is available again`,
    )
  }
  let told = false
  const onSetBack = () => {
    if (!told) messages.warn(`The clock was set back; what ${path} has used up is refilled from now on`)
    told = true
  }
  const found = { wasDamaged: () => damaged, onForeign, onSetBack }
  return createSharedLimit({
    ...file,
    user: nameWho(hostname(), whoAmI(file.stage)),
    store,
    wall: () => clock.wall(),
    // What a limit lets catch up.
    spread: isAddress(path) ? 10 : 0,
    ...found,
  })
}

/** Nothing of it is used up any more. */
export const forgetLimit = async (path: string): Promise<void> => {
  if (!isAddress(path)) return rmSync(path, { force: true })
  await openStore({ path, version: 1, kind: 'limit' }).update(() => ({ value: formatNoLimits(), result: undefined }))
}

/** Throws a UsageError when a file holds other rates than these: two runs would not keep the same limit. */
export const checkSharedRates = async (path: string, texts: readonly string[], reset: string): Promise<void> => {
  const there = await readTexts(path)
  const given = [...new Set(texts)]
  if (there === undefined || there.length === 0 || there.toSorted().join('\n') === given.toSorted().join('\n')) return
  const name = (all: readonly string[]) =>
    all.length === 1 && all[0] === singleRate
      ? 'the only rate of a throttle'
      : `the rates ${all.map(text => `"${text}"`).join(' and ')}`
  throw new UsageError(`${path} contains ${name(there)}, not ${name(given)}; use the same rates, ${reset}`)
}

/** The texts of the limits in a file; undefined when there are none. What is wrong with the file is reported when a slot is taken. */
const readTexts = async (path: string): Promise<readonly string[] | undefined> => {
  try {
    // Strict: damage is found, and told, when something is taken.
    const value = await openStore({ path, version: 1, kind: 'limit', strict: true }).read()
    return value === undefined ? undefined : readLimitTexts(value)
  } catch (error) {
    if (error instanceof StoreError && !isTemporary(error)) return undefined
    throw error
  }
}

/** A limit is never guessed: without its file nothing passes. */
export const explainStore = (error: unknown, flag = '--state'): Stop => {
  if (!(error instanceof StoreError)) throw error
  const message = `Cannot use the limit of ${flag}: ${error.message}`
  return { exit: isTemporary(error) ? exitCodes.temporary.code : exitCodes.io.code, message }
}
