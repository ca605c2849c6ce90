import { realClock } from '../../core/clock.js'

/** What did not happen in time; the server did not answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** The promise, or a `NoAnswer` at this moment of the clock or when it is aborted. */
export const within = <R>(promise: Promise<R>, until: number, signal?: AbortSignal): Promise<R> =>
  new Promise((resolve, reject) => {
    const giveUp = () => reject(new NoAnswer())
    const cancel = realClock.after(Math.max(0, until - realClock.now()), giveUp)
    signal?.addEventListener('abort', giveUp, { once: true })
    promise.then(resolve, reject).finally(() => {
      cancel()
      signal?.removeEventListener('abort', giveUp)
    })
  })
