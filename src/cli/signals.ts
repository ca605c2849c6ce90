type Signal = 'SIGINT' | 'SIGTERM'

/** Calls the first handler at the first SIGINT or SIGTERM, the next at the next, the last at all that follow. */
export const onSignals = (...handlers: ((signal: Signal) => void)[]): void => {
  let seen = 0
  const handle = (signal: NodeJS.Signals) => {
    if (signal === 'SIGINT' || signal === 'SIGTERM') handlers[Math.min(seen++, handlers.length - 1)]?.(signal)
  }
  process.on('SIGINT', handle).on('SIGTERM', handle)
}

/** Ends by SIGPIPE, as every filter does whose reader has gone; where that is ignored, the exit code says the same. */
export const endBySigpipe = (): void => {
  // Node ignores SIGPIPE from the start; adding and removing a handler brings back the default action.
  const nothing = () => {}
  process.on('SIGPIPE', nothing).off('SIGPIPE', nothing)
  process.kill(process.pid, 'SIGPIPE')
}
