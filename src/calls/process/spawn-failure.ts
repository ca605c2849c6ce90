import { Failure, type FailureFacts } from '../../core/failure.js'
import { systemCode } from '../../core/io/system-error.js'
import { isOwnLackCode } from '../../core/rules/classes.js'
import { stopCodes } from '../../core/stop-codes.js'

/**
 * Why a command could not be started, from the error of `spawn`: not there or not executable is fatal, with the exit
 * code a shell would give; arguments that are too long are this record's fault; a full process table passes.
 */
export const spawnFailure = (program: string, error: unknown): Failure => {
  const code = systemCode(error) || 'unknown error'
  const fatal = fatalCodes[code]
  if (fatal !== undefined) return new Failure('spawn', 'fatal', `Cannot run ${program}: ${fatal.why}`, fatal.facts)
  if (code === 'E2BIG') {
    return new Failure(
      'spawn',
      'permanent',
      `Cannot run ${program}: its arguments are too long for the system (E2BIG); the record is also on its stdin`,
    )
  }
  // The template and the program were checked before: only the record's id can still hold one.
  if (code === 'ERR_INVALID_ARG_VALUE') {
    return new Failure('field', 'input', `Cannot pass the id of the record to ${program}: it contains a NUL character`)
  }
  if (isOwnLackCode(code)) {
    const message = `Cannot run ${program}: this machine is out of processes or file descriptors (${code})`
    return new Failure('spawn', 'transient', message, { ownLack: true })
  }
  // ETXTBSY: another process is just writing the program.
  return new Failure('spawn', code === 'ETXTBSY' ? 'transient' : 'permanent', `Cannot run ${program}: ${code}`)
}

const fatalCodes: Readonly<Record<string, { why: string; facts: FailureFacts }>> = {
  ENOENT: { why: 'it, or the interpreter it names, is not found (ENOENT)', facts: { exit: stopCodes.notFound } },
  ENOTDIR: { why: 'not found (ENOTDIR)', facts: { exit: stopCodes.notFound } },
  EACCES: { why: 'not executable (EACCES)', facts: { exit: stopCodes.notExecutable } },
  EPERM: { why: 'not permitted (EPERM)', facts: { exit: stopCodes.notExecutable } },
  ENOEXEC: { why: 'not a program (ENOEXEC)', facts: { exit: stopCodes.notExecutable } },
}
