import type { Cancel } from '../core/clock.js'
import { joinWaits } from '../core/join-waits.js'
import { Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'
import { Queue, type QueueEntry } from '../core/queue.js'
import { createKeyTable } from '../core/tables/key-table.js'
import { LineStore } from '../core/tables/line-store.js'
import { createKeyFinder, type KeyOptions } from './keyed/key-finder.js'

export type DebounceOptions = {
  /** A record is emitted when no other has come for this many milliseconds. */
  readonly quiet: number
  /** Handles each key separately. */
  readonly by?: KeyOptions | undefined
  /** Maximum number of held records; the one that has been quiet longest is emitted early. */
  readonly maxKeys: number
  /** The latest record is emitted this many milliseconds after the first of a burst, even if more keep coming. */
  readonly maxWait?: number | undefined
  /** Maximum number of held bytes; the record that has been quiet longest is emitted early. */
  readonly maxBytes: number
}

/**
 * Emits the last record of a burst once no other comes for `quiet` milliseconds; replaced records count as filtered. With `by`,
 * rejects a line that is not valid JSON as `parse`, and a record without the key as `field` unless `missing` says otherwise.
 */
export const createDebounce: CreateProcessor<DebounceOptions> = (options, context) => {
  const { quiet, by, maxKeys, maxWait, maxBytes } = options
  const { clock } = context
  const finder = by === undefined ? undefined : createKeyFinder(by)
  // The key that has been quiet longest is the least recently used one.
  const keys = createKeyTable({ max: maxKeys, leave: slot => give(slot) })
  const lines = new LineStore()
  // For each slot: when it is due if it stays quiet, and its place in the queue of bursts, ordered by their start.
  let dues = new Float64Array(16)
  const begun = new Queue<{ readonly slot: number; readonly due: number }>()
  const places: QueueEntry<{ readonly slot: number; readonly due: number }>[] = []
  let timer: { readonly at: number; readonly cancel: Cancel } | undefined
  let holding: void | Promise<void>

  const give = (slot: number): void => {
    const line = lines.read(slot)
    lines.remove(slot)
    if (maxWait !== undefined) begun.delete(places[slot] as (typeof places)[number])
    holding = joinWaits(holding, context.emit(Lines.fromLine(line)))
  }

  const leave = (slot: number): void => {
    give(slot)
    keys.remove(slot)
  }

  /** The slot that is due first; -1 if nothing is held. */
  const findNext = (): number => {
    const slot = keys.oldest()
    const longest = begun.first
    return longest !== undefined && longest.due < (dues[slot] as number) ? longest.slot : slot
  }

  const dueOf = (slot: number): number => {
    const longest = maxWait === undefined ? Number.POSITIVE_INFINITY : (places[slot]?.value?.due as number)
    return Math.min(dues[slot] as number, longest)
  }

  const leaveDue = (now: number): void => {
    for (let slot = findNext(); slot >= 0 && dueOf(slot) <= now; slot = findNext()) leave(slot)
  }

  const arm = (): void => {
    const slot = findNext()
    const at = slot < 0 ? Number.POSITIVE_INFINITY : dueOf(slot)
    // A timer that fires too early finds nothing due and is set again.
    if (timer !== undefined && timer.at <= at) return
    timer?.cancel()
    timer = undefined
    if (slot < 0) return
    const cancel = clock.after(at - clock.now(), () => {
      timer = undefined
      leaveDue(clock.now())
      arm()
    })
    timer = { at, cancel }
  }

  const hold = (pushed: Lines, index: number, bytes: Buffer, start: number, end: number, now: number): void => {
    const found = keys.use(bytes, start, end)
    const slot = found < 0 ? ~found : found
    if (found >= 0) context.filter(1)
    if (slot === dues.length) {
      const shorter = dues
      dues = new Float64Array(2 * slot)
      dues.set(shorter)
    }
    dues[slot] = now + quiet
    if (found < 0 && maxWait !== undefined) places[slot] = begun.add({ slot, due: now + maxWait })
    lines.put(slot, pushed, index)
    while (lines.bytes > maxBytes) leave(keys.oldest())
  }

  const push = (pushed: Lines, now: number): void => {
    if (finder === undefined) {
      // Lines of one push arrive at the same time: all but the last are replaced.
      context.filter(pushed.length - 1)
      return hold(pushed, pushed.length - 1, pushed.bytes, 0, 0, now)
    }
    for (let index = 0; index < pushed.length; index++) {
      const found = finder.find(pushed, index)
      const { bytes, start, end } = finder.key
      if (found === true) hold(pushed, index, bytes, start, end, now)
      else if (found === 'pass') holding = joinWaits(holding, context.emit(pushed.slice(index, index + 1)))
      else if (found === 'drop') context.filter(1)
      else {
        context.reject(pushed.at(index), found)
        if (!context.stopping.aborted) continue
        // The run was stopped because too many records failed: the rest of the push is given back.
        return context.giveBack(pushed.slice(index + 1))
      }
    }
  }

  return {
    holdsNothing: true,
    push(pushed) {
      const now = clock.now()
      leaveDue(now)
      push(pushed, now)
      arm()
      const held = holding
      holding = undefined
      return held
    },
    async end() {
      timer?.cancel()
      for (let slot = keys.oldest(); slot >= 0; slot = keys.oldest()) {
        leave(slot)
        await holding
        holding = undefined
      }
    },
  }
}
