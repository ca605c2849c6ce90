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

// Others that end a program unless it says otherwise; one that a system does not know never comes. SIGPROF is V8's own.
const deadly = [
  ...(['SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGXCPU', 'SIGPWR', 'SIGSTKFLT', 'SIGIO'] as const),
  ...(['SIGABRT', 'SIGTRAP', 'SIGSYS'] as const),
]

/** At SIGUSR1, and at Ctrl-T where a terminal sends SIGINFO, tells how far it is, as dd does. */
export const onProgressAsked = (tell: () => void): void => {
  process.on('SIGUSR1', tell)
  // Linux has no such signal, and then this never happens.
  process.on('SIGINFO', tell)
}

/**
 * At the other signals that end a program, ends what was started and then itself by the same signal.
 */
export const onOtherSignals = (killNow: () => void): void => {
  for (const signal of deadly) {
    process.once(signal, () => {
      killNow()
      endBySignal(signal)
    })
  }
}

/** Ends by SIGPIPE, as every filter does whose reader has gone; where that is ignored, the exit code says the same. */
export const endBySigpipe = (): void => {
  endBySignal('SIGPIPE')
}

// Adding and removing a handler brings back the default action, also where Node itself had another one.
const endBySignal = (signal: NodeJS.Signals): void => {
  const nothing = () => {}
  process.on(signal, nothing).off(signal, nothing)
  process.kill(process.pid, signal)
}
