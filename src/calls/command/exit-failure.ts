import { Failure } from '../../core/failure.js'
import { classOfExit } from '../../core/rules/classes.js'
import type { Exit } from '../process/group.js'

/** What the end of a command means: undefined for exit 0. */
export const exitFailure = ({ code, signal }: Exit): Failure | undefined => {
  if (code === 0) return undefined
  if (code === null) {
    const name = signal ?? 'an unknown signal'
    return new Failure('signal', 'transient', `Command was killed by ${name}`, { signal: name })
  }
  return new Failure('exit', classOfExit(code), `Command exited with ${code}`, { exit: code })
}
