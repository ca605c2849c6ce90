import { readdirSync, readFileSync } from 'node:fs'

/** Sends a signal to a process group, 0 to none. Whether anybody was reached: a group that is gone is no error. */
export const signalGroup = (group: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(-group, signal)
  } catch {
    return false
  }
}

/**
 * Whether anybody in a process group still runs. A dead process that nobody has reaped (in a container without an init
 * that may last for ever) can be signalled like a living one; where there is a `/proc`, it is told apart.
 */
export const groupLives = (group: number): boolean => {
  if (!signalGroup(group, 0)) return false
  if (process.platform !== 'linux') return true
  try {
    return readdirSync('/proc').some(name => runsIn(name, group))
  } catch {
    return true
  }
}

// `1234 (any ) name) S 1 1200 …`: state, parent, process group.
const runsIn = (name: string, group: number): boolean => {
  if (!/^\d/.test(name)) return false
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(processGroup) === group && state !== 'Z' && state !== 'X'
  } catch {
    return false
  }
}
