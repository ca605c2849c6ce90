import type { StopReason } from '../core/run.js'
import { stopCodes } from '../core/stop-codes.js'

/** Every exit code there is; `streamz help exit-codes` prints it. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done; nothing failed beyond what was tolerated' },
  failures: { code: 1, meaning: 'ran to the end, but records failed (or a check says no)' },
  usage: { code: 2, meaning: 'a command, option, expression or schema is wrong; nothing was read' },
  maxFail: { code: 65, meaning: 'stopped by --max-fail' },
  io: { code: stopCodes.io, meaning: 'cannot read or write: input, output, dead letters, state, disk full' },
  temporary: { code: stopCodes.temporary, meaning: 'temporary, run again later: breaker open, gate closed, lock held' },
  deadline: { code: 124, meaning: 'the --deadline of the whole run was reached; drained' },
  notExecutable: {
    code: stopCodes.notExecutable,
    meaning: 'the command to run is not executable (found out before the first record)',
  },
  notFound: {
    code: stopCodes.notFound,
    meaning: 'the command to run was not found (found out before the first record)',
  },
  hungUp: { code: 129, meaning: 'SIGHUP, the terminal was closed; drained' },
  interrupted: { code: 130, meaning: 'SIGINT; drained' },
  quit: { code: 131, meaning: 'SIGQUIT; at once' },
  closed: { code: 141, meaning: 'the reader closed standard output (| head); quiet' },
  terminated: { code: 143, meaning: 'SIGTERM; drained' },
} as const

export type ExitName = keyof typeof exitCodes

// When several apply, the first of this order is the one to tell.
const order = [
  exitCodes.io,
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
