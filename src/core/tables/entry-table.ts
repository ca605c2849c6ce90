import { createKeyTable } from './key-table.js'

/** Remembers two numbers for each entry of a dead-letter file. */
export type EntryTable = {
  /** How many entries are held. */
  readonly size: number
  /** The place of an entry, added when it is new. */
  place(bytes: Uint8Array, start: number, end: number): number
  /** The place of an entry, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number
  /** What the caller keeps for an entry: -1 for a new one. */
  value(place: number): number
  setValue(place: number, value: number): void
  /** A second, smaller number: 0 for a new one, at most 255. */
  state(place: number): number
  setState(place: number, state: number): void
  /** A third number, which few have: 0 for a new one. */
  setCount(place: number, count: number): void
  /** Calls back for every entry, in no order. */
  each(callback: (value: number, state: number, count: number) => void): void
}

/** Nothing is ever forgotten: what does not fit in memory ends the program. */
export const createEntryTable = (): EntryTable => {
  const names = createKeyTable({ max: 2 ** 28, maxBytes: Number.MAX_SAFE_INTEGER })
  let values = new Int32Array(1024)
  let states = new Uint8Array(1024)
  // Few have one.
  const counts = new Map<number, number>()

  const begin = (place: number): number => {
    if (place === values.length) {
      const [olderValues, olderStates] = [values, states]
      values = new Int32Array(2 * place)
      states = new Uint8Array(2 * place)
      values.set(olderValues)
      states.set(olderStates)
    }
    values[place] = -1
    return place
  }

  return {
    get size() {
      return names.size
    },
    place(bytes, start, end) {
      const slot = names.use(bytes, start, end)
      return slot < 0 ? begin(~slot) : slot
    },
    find: names.find,
    value: place => values[place] as number,
    setValue(place, value) {
      values[place] = value
    },
    state: place => states[place] as number,
    setState(place, state) {
      states[place] = state
    },
    setCount(place, count) {
      if (count > 0) counts.set(place, count)
      else counts.delete(place)
    },
    each(callback) {
      for (let place = 0; place < names.size; place++) {
        callback(values[place] as number, states[place] as number, counts.get(place) ?? 0)
      }
    },
  }
}
