/** Answers that usually come sooner, in milliseconds, are waited for awake. */
export const shortest = 0.1

let until = 0
let isAwake = false

/**
 * Keeps this process from sleeping until an answer that is due soon has come: to wake a sleeping processor takes longer than
 * such an answer, and costs more than to look for it all the while.
 */
export const keepAwake = (): void => {
  until = now() + shortest
  if (isAwake) return
  isAwake = true
  setImmediate(look)
}

const look = (): void => {
  isAwake = now() < until
  if (isAwake) setImmediate(look)
}

const now = (): number => {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}
