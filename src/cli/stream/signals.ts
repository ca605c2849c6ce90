import { exitCodes } from '../exit-codes.js'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Signal = (typeof signals)[number]

/** Calls the first handler at the first SIGINT, SIGTERM or SIGHUP, the next at the next, the last at all that follow. */
export const onSignals = (...handlers: ((signal: Signal) => void)[]): void => {
  let seen = 0
  const handle = (signal: NodeJS.Signals) => {
    const known = signals.find(name => name === signal)
    if (known !== undefined) handlers[Math.min(seen++, handlers.length - 1)]?.(known)
  }
  for (const signal of signals) process.on(signal, handle)
  // At once, but not without ending what was started.
  process.on('SIGQUIT', () => process.exit(exitCodes.quit.code))
}

/** Ends by SIGPIPE, as every filter does whose reader has gone; where that is ignored, the exit code says the same. */
export const endBySigpipe = (): void => {
  // Node ignores SIGPIPE from the start; adding and removing a handler brings back the default action.
  const nothing = () => {}
  process.on('SIGPIPE', nothing).off('SIGPIPE', nothing)
  process.kill(process.pid, 'SIGPIPE')
}
