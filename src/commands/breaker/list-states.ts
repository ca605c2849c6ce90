import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openTime } from '../../cli/values/open-time.js'
import { slowLimit } from '../../cli/values/slow-limit.js'
import { windowSize } from '../../cli/values/window-size.js'
import { type Loaded, loadState } from '../../core/breaker/load.js'
import type { Breaker } from '../../core/breaker/model.js'
import { type BreakerOptions, createBreakerOptions } from '../../core/breaker/options.js'
import { stateVersion } from '../../core/breaker/save.js'
import { createFileStore } from '../../stores/state/file.js'
import { StoreError } from '../../stores/store-error.js'

/** A state file as it stands. */
export type KnownState = { readonly file: string; readonly breaker: Breaker; readonly isClosed: boolean }

/** The state file itself, or those of all keys in a folder. */
export const listFiles = (path: string): readonly string[] => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path]
  return readdirSync(path)
    .filter(name => /^[0-9a-f]{32}\.json$/.test(name))
    .toSorted()
    .map(name => join(path, name))
}

/** All states below a path that can be read; what cannot is left out. */
export const listStates = async (path: string, now: number): Promise<readonly KnownState[]> => {
  const states: KnownState[] = []
  for (const file of listFiles(path)) {
    try {
      const breaker = await readState(file, now)
      if (breaker === undefined) continue
      const { state, override } = breaker.machine
      states.push({ file, breaker, isClosed: state === 'closed' && override === null })
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    }
  }
  return states
}

/** The circuit in a state file, by the settings it was kept under; undefined without a file. Throws a StoreError. Writes nothing. */
export const readState = async (file: string, now: number): Promise<Breaker | undefined> => {
  const value = await createFileStore({ path: file, version: stateVersion, strict: true }).read()
  return value === undefined ? undefined : parseBreaker(value, file, now)
}

/** The same for the content of a state file. */
export const parseBreaker = (value: unknown, file: string, now: number): Breaker => loadFile(value, file, now).breaker

/** The same, and what time has made of it. */
export const loadFile = (value: unknown, file: string, now: number): Loaded => {
  const loaded = loadState(value, optionsOf(value), now)
  if (loaded.status === 'loaded') return loaded
  throw new StoreError('unreadable', `${file} cannot be used. ${loaded.warnings.join('; ')}; delete it to start afresh`)
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

const asFields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

const quietly = <Value>(parse: () => Value): Value | undefined => {
  try {
    return parse()
  } catch {
    return undefined
  }
}
