/** Calls `first` at the first SIGINT or SIGTERM and `second` at the next; the returned function takes the handlers away. */
export const onSignals = (
  first: (signal: 'SIGINT' | 'SIGTERM') => void,
  second: (signal: 'SIGINT' | 'SIGTERM') => void,
): (() => void) => {
  let seen = false
  const handle = (signal: NodeJS.Signals) => {
    if (signal !== 'SIGINT' && signal !== 'SIGTERM') return
    if (seen) second(signal)
    else first(signal)
    seen = true
  }
  process.on('SIGINT', handle).on('SIGTERM', handle)
  return () => process.off('SIGINT', handle).off('SIGTERM', handle)
}

/** Ends by SIGPIPE, as every filter does whose reader has gone; where that is ignored, the exit code says the same. */
export const endBySigpipe = (): void => {
  // Node ignores SIGPIPE from the start; adding and removing a handler brings back the default action.
  const nothing = () => {}
  process.on('SIGPIPE', nothing).off('SIGPIPE', nothing)
  process.kill(process.pid, 'SIGPIPE')
}
