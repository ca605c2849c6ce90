import { Failure } from '../../core/failure.js'
import type { Exit } from '../process/group.js'

/** What the end of a command means: undefined for exit 0. The codes 65, 75 and 111 are those of sysexits.h and qmail. */
export const exitFailure = ({ code, signal }: Exit): Failure | undefined => {
  if (code === 0) return undefined
  if (code === null) {
    const name = signal ?? 'an unknown signal'
    return new Failure('signal', 'transient', `Command was ended by ${name}`, { signal: name })
  }
  return new Failure('exit', classOf(code), `Command exited with ${code}`, { exit: code })
}

const classOf = (code: number) => {
  if (code === 75 || code === 111) return 'transient'
  return code === 65 ? 'input' : 'permanent'
}
