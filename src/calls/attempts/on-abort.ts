import type { Cancel } from '../../core/clock.js'
import { Queue } from '../../core/queue.js'

const listeners = new WeakMap<AbortSignal, Queue<() => void>>()

/**
 * Calls back when a signal is aborted, not at all when it already is.
 * One listener per signal serves everybody: a signal shared by many calls warns of a leak above ten listeners, and
 * taking one of many away is a search.
 */
export const onAbort = (signal: AbortSignal, callback: () => void): Cancel => {
  const waiting = listeners.get(signal) ?? listen(signal)
  const place = waiting.add(callback)
  return () => waiting.delete(place)
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
