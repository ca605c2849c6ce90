import type { Clock } from './clock.js'

/** Resolves after this many milliseconds, or at once if the signal is aborted. */
export const wait = (ms: number, clock: Pick<Clock, 'after'>, signal?: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const done = () => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(ms, done)
    if (signal?.aborted) done()
    else signal?.addEventListener('abort', done)
  })
