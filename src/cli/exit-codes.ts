import type { StopReason } from '../core/run.js'
import { stopCodes } from '../core/stop-codes.js'

/** Every exit code there is; `streamz help exit-codes` prints it. */
export const exitCodes = {
  ok: { code: 0, meaning: 'success; no more records failed than --tolerate allows' },
  failures: { code: 1, meaning: 'ran to the end, but records failed (or a check failed)' },
  usage: { code: 2, meaning: 'a command, option, expression or schema is wrong; nothing was read' },
  maxFail: { code: 65, meaning: 'stopped by --max-fail' },
  io: { code: stopCodes.io, meaning: 'cannot read or write: input, output, dead letters, state, disk full' },
  temporary: {
    code: stopCodes.temporary,
    meaning: 'temporary, try again later: breaker open, gate closed, quota used up, lock held',
  },
  deadline: { code: 124, meaning: 'the --deadline of the whole run was reached; running calls were drained' },
  notExecutable: {
    code: stopCodes.notExecutable,
    meaning: 'the command to run is not executable (checked before the first record)',
  },
  notFound: {
    code: stopCodes.notFound,
    meaning: 'the command to run was not found (checked before the first record)',
  },
  hungUp: { code: 129, meaning: 'SIGHUP, the terminal was closed; running calls were drained' },
  interrupted: { code: 130, meaning: 'SIGINT; running calls were drained' },
  quit: { code: 131, meaning: 'SIGQUIT; stopped immediately' },
  closed: { code: 141, meaning: 'the reader closed standard output (| head); no message' },
  terminated: { code: 143, meaning: 'SIGTERM; running calls were drained' },
} as const

export type ExitName = keyof typeof exitCodes

// When several apply, the first of this order is the one to tell.
const order = [
  exitCodes.io,
  // Found out while reading: the input is not the one that was meant.
  exitCodes.usage,
  exitCodes.hungUp,
  exitCodes.interrupted,
  exitCodes.terminated,
  exitCodes.closed,
  exitCodes.notExecutable,
  exitCodes.notFound,
  exitCodes.deadline,
  exitCodes.temporary,
  exitCodes.maxFail,
  exitCodes.failures,
  exitCodes.ok,
].map(({ code }) => code)

/** The most important of several exit codes. */
export const chooseExitCode = (codes: readonly number[]): number => order.find(code => codes.includes(code)) ?? 0

const signalCodes = {
  SIGHUP: exitCodes.hungUp.code,
  SIGINT: exitCodes.interrupted.code,
  SIGTERM: exitCodes.terminated.code,
}

/** The exit code of a run that was cut short. */
export const exitCodeOf = (reason: StopReason): number => {
  switch (reason.why) {
    case 'stopped':
      return exitCodes.ok.code
    case 'signal':
      return signalCodes[reason.signal]
    case 'deadline':
      return exitCodes.deadline.code
    case 'max-fail':
      return exitCodes.maxFail.code
    case 'processor':
      return reason.stop.exit
    case 'closed':
      return exitCodes.closed.code
    case 'failed':
      return exitCodes.io.code
  }
}
