import { readdirSync, readFileSync } from 'node:fs'

/** A process of a session. */
export type Member = { readonly pid: number; readonly group: number; readonly program: string }

/** Sends a signal to a process group (0: only checks). Returns whether it has a process; a group that is gone is not an error. */
export const signalGroup = (group: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(-group, signal)
  } catch {
    return false
  }
}

/** Sends a signal to every group of a session: `timeout(1)` and `set -m` make groups of their own in it. */
export const signalSession = (session: number, signal: NodeJS.Signals): void => {
  const groups = new Set([session, ...findMembers(session).map(({ group }) => group)])
  for (const group of groups) signalGroup(group, signal)
}

/**
 * Whether a process of a session still runs. A dead process that was not reaped (in a container without an init it may never
 * be) can be signalled like a living one; where there is a `/proc`, it is recognized.
 */
export const sessionLives = (session: number): boolean =>
  hasProc ? findMembers(session).length > 0 : signalGroup(session, 0)

/** The processes that still run in a session, according to `/proc`. `age`: milliseconds since its leader was started, if known. */
export const findMembers = (session: number, age = Number.POSITIVE_INFINITY): readonly Member[] => {
  if (!hasProc) return []
  try {
    return listCandidates(session, age).flatMap(pid => readMember(pid, session))
  } catch {
    return []
  }
}

const hasProc = process.platform === 'linux'

/**
 * Numbers are given out in turn, and the last one stands in `/proc/loadavg`: what a short-lived leader has started is found
 * without a look at every process. In so short a time they do not go round twice.
 */
const listCandidates = (session: number, age: number): readonly number[] => {
  const last = Number(readFileSync('/proc/loadavg', 'latin1').trim().split(' ').at(-1))
  const given = last - session
  if (age < shortLife && given >= 0 && given <= fewNumbers) return Array.from({ length: given }, (_, at) => last - at)
  const all = readdirSync('/proc').map(Number)
  return all.filter(pid => pid > 0 && (age >= shortLife || given < 0 || (pid > session && pid <= last)))
}

const shortLife = 1000
const fewNumbers = 50

// `1234 (any ) name) S 1 1200 1234 …`: state, parent, process group, session.
const readMember = (pid: number, session: number): readonly Member[] => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const end = stat.lastIndexOf(')')
    const [state, , group, itsSession] = stat.slice(end + 2).split(' ')
    if (Number(itsSession) !== session || state === 'Z' || state === 'X') return []
    return [{ pid, group: Number(group), program: stat.slice(stat.indexOf('(') + 1, end) }]
  } catch {
    return []
  }
}
