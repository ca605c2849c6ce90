import type { Cancel } from '../core/clock.js'

const listeners = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when a signal is aborted, not at all when it already is.
 * One listener per signal serves everybody: a signal shared by many calls warns of a leak above ten listeners, and
 * taking one of many away is a search.
 */
export const onAbort = (signal: AbortSignal, callback: () => void): Cancel => {
  const waiting = listeners.get(signal) ?? listen(signal)
  // The same function may be handed in twice: each gets an entry of its own.
  const entry = () => callback()
  waiting.add(entry)
  return () => waiting.delete(entry)
}

const listen = (signal: AbortSignal): Set<() => void> => {
  const waiting = new Set<() => void>()
  listeners.set(signal, waiting)
  const tell = () => {
    for (const entry of [...waiting]) entry()
    waiting.clear()
  }
  signal.addEventListener('abort', tell, { once: true })
  return waiting
}
