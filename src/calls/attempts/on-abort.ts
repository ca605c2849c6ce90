import type { Cancel } from '../../core/clock.js'
import { Queue } from '../../core/queue.js'

const listeners = new WeakMap<AbortSignal, Queue<() => void>>()

/**
 * Calls back when a signal is aborted, not at all when it already is.
 * One listener per signal serves everybody: a signal shared by many calls warns of a leak above ten listeners, and
 * taking one of many away is a search.
 */
export const onAbort = (signal: AbortSignal, callback: () => void): Cancel => {
  if (signal !== last.signal) last = { signal, waiting: listeners.get(signal) ?? listen(signal) }
  const { waiting } = last
  const place = waiting.add(callback)
  return () => waiting.delete(place)
}

// Nearly all ask about the same one, and to look it up takes longer than all the rest.
let last: { readonly signal: AbortSignal | undefined; readonly waiting: Queue<() => void> } = {
  signal: undefined,
  waiting: new Queue(),
}

const listen = (signal: AbortSignal): Queue<() => void> => {
  const waiting = new Queue<() => void>()
  listeners.set(signal, waiting)
  const tell = () => {
    for (const callback of waiting.values()) callback()
    while (waiting.shift() !== undefined);
  }
  signal.addEventListener('abort', tell, { once: true })
  return waiting
}
