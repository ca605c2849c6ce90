import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openTime } from '../../cli/values/open-time.js'
import { slowLimit } from '../../cli/values/slow-limit.js'
import { windowSize } from '../../cli/values/window-size.js'
import { type Loaded, loadState } from '../../core/breaker/load.js'
import type { Breaker } from '../../core/breaker/model.js'
import { type BreakerOptions, createBreakerOptions } from '../../core/breaker/options.js'
import { stateVersion } from '../../core/breaker/save.js'
import type { Effect } from '../../core/breaker/state.js'
import type { Clock } from '../../core/clock.js'
import { readRegularFile } from '../../stores/files/read-file.js'
import { isAddress } from '../../stores/servers/address.js'
import { asFields } from '../../stores/state/as-fields.js'
import { listOnServer } from '../../stores/state/list-on-server.js'
import { openStore } from '../../stores/state/open-store.js'
import { StoreError } from '../../stores/store-error.js'

/** The content of a state file. */
export type KnownState = Known & { readonly file: string; readonly effects: readonly Effect[] }

/** A circuit as it is at this moment, by the clock of where it is kept. */
type Known = { readonly breaker: Breaker; readonly now: number }

/** The circuits found; `unseen`: how many files there was no time for. */
export type FoundStates = { readonly states: readonly KnownState[]; readonly unseen: number }

/** The state itself, or those of all keys in a folder or on a server. */
export const listStates = async (path: string): Promise<readonly string[]> => {
  if (isAddress(path)) return await listOnServer(path)
  return listFiles(path)
}

/** The state file itself, or those of all keys in a folder. */
export const listFiles = (path: string): readonly string[] => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path]
  return readdirSync(path)
    .filter(name => /^[0-9a-f]{32}\.json$/.test(name))
    .toSorted()
    .map(name => join(path, name))
}

/**
 * The circuits below a path that are not closed, as many as a third of a second shows: a folder of keys may hold tens of thousands,
 * and a run must not wait for them. What cannot be read is left out.
 */
export const findNotClosed = async (path: string, clock: Clock): Promise<FoundStates> => {
  const states: KnownState[] = []
  const files = await listStates(path)
  const end = clock.now() + longestLook
  for (const [index, file] of files.entries()) {
    if (clock.now() > end) return { states, unseen: files.length - index }
    if (!isAddress(file) && isPlainlyClosed(file)) continue
    try {
      const found = await readState(file, clock)
      if (found === undefined) continue
      const { breaker, effects, now } = found
      const { state, override } = breaker.machine
      if (state !== 'closed' || override !== null) states.push({ file, breaker, effects, now })
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    }
  }
  return { states, unseen: 0 }
}

const longestLook = 300

// Nearly all are: seen in the bytes it takes a tenth of the time that reading the whole state does. A text in it cannot look
// the same, its quotes are escaped; what was set by hand is the only other thing with a state, and then it is not null.
const isPlainlyClosed = (file: string): boolean => {
  try {
    const bytes = readRegularFile(file, largestState)?.bytes
    return bytes === undefined || (bytes.includes('"state":"closed"') && bytes.includes('"override":null'))
  } catch (error) {
    if (error instanceof StoreError) return false
    throw error
  }
}

const largestState = 64 * 1024

/**
 * The circuit that is kept there, by its settings, and what time has made of it; undefined without one. Throws a StoreError.
 * Writes nothing.
 */
export const readState = async (file: string, clock?: Clock): Promise<(Loaded & Known) | undefined> => {
  const store = openStore({
    path: file,
    version: stateVersion,
    kind: 'circuit',
    strict: true,
    ...(clock === undefined ? {} : { clock }),
  })
  const value = await store.read()
  const now = store.wall()
  return value === undefined ? undefined : { ...loadFile(value, file, now), now }
}

/** The same for the content of a state file. */
export const parseBreaker = (value: unknown, file: string, now: number): Breaker => loadFile(value, file, now).breaker

/** The same, and what time has made of it. */
export const loadFile = (value: unknown, file: string, now: number): Loaded => {
  const loaded = loadState(value, optionsOf(value), now)
  if (loaded.status === 'loaded') return loaded
  throw new StoreError('unreadable', `${file} cannot be used. ${loaded.warnings.join('; ')}; delete it to start again`)
}

/** Judged by other settings than those of the run that wrote it, a long pause would look like a clock set back. */
export const optionsOf = (value: unknown): BreakerOptions => {
  const { name, config } = asFields(value)
  const {
    window,
    open_for: openFor,
    fail_rate: failRate,
    min_calls: minCalls,
    consecutive,
    slow,
    probes,
  } = asFields(config)
  const range = quietly(() => openTime(String(openFor)))
  const limit = quietly(() => slowLimit(String(slow)))
  const size = quietly(() => windowSize(String(window)))
  return createBreakerOptions({
    ...(typeof name === 'string' ? { name } : {}),
    by: '',
    ...(size === undefined ? {} : { window: size }),
    ...(range === undefined ? {} : { openFor: { first: range.min, longest: range.max, jitter: 0 } }),
    ...(typeof failRate === 'number' ? { failRate } : {}),
    ...(failRate === null && typeof consecutive === 'number' ? { failRate: undefined } : {}),
    ...(typeof consecutive === 'number' ? { consecutive } : {}),
    ...(consecutive === null && typeof failRate === 'number' ? { consecutive: undefined } : {}),
    ...(typeof minCalls === 'number' && minCalls > 0 ? { minCalls } : {}),
    ...(limit === undefined ? {} : { slow: limit }),
    ...(typeof probes === 'number' ? { probes } : {}),
  })
}

/** A state with the settings that stood in it before: runs would take others for a change. */
export const keepSettings = (
  state: Readonly<Record<string, unknown>>,
  before: unknown,
): Readonly<Record<string, unknown>> => {
  const { config = state.config, settings, writer } = asFields(before)
  return {
    ...state,
    config,
    settings,
    writer: { ...asFields(state.writer), settings: asFields(writer).settings },
  }
}

const quietly = <Value>(parse: () => Value): Value | undefined => {
  try {
    return parse()
  } catch {
    return undefined
  }
}
