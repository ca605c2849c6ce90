import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** The holder of something, described so that another process can find out whether it still runs. */
export type Holder = {
  readonly token: string
  readonly pid: number
  /** When the process started, in the system's own words: a process number is used again, with another start. */
  readonly started: string
  /** Which run of the machine; empty when unknown. */
  readonly boot: string
  /** Process numbers and starts mean something only inside one namespace: two containers can share a boot id. */
  readonly namespace: string
  readonly host: string
}

/** This process as a holder, with the given token. */
export const describeSelf = (token: string): Holder => {
  self ??= {
    pid: process.pid,
    started: readStart(process.pid) ?? '',
    boot: readBoot(),
    namespace: readNamespace(),
    host: hostname(),
  }
  return { token, ...self }
}

/** Whether a holder lives: `unknown` when it is of another boot or container, or the system does not tell. */
export const lookAfter = (holder: Holder): 'alive' | 'gone' | 'unknown' => {
  const here = describeSelf('')
  if (here.boot === '' || here.namespace === '' || here.boot !== holder.boot || here.namespace !== holder.namespace)
    return 'unknown'
  if (holder.pid === here.pid && holder.started === here.started) return 'alive'
  if (!isRunning(holder.pid)) return 'gone'
  const started = readStart(holder.pid)
  if (started === undefined || holder.started === '') return 'unknown'
  return started === holder.started ? 'alive' : 'gone'
}

let self: Omit<Holder, 'token'> | undefined

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as another user.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

const dead = 'dead'

// Of a process that was killed but not yet waited for by its parent, the number still exists: state Z.
const readStart = (pid: number): string | undefined => {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat !== undefined) {
    // The name, in parentheses, may hold spaces and parentheses itself. The start is field 22, the state field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? dead : fields[19]
  }
  if (process.platform === 'linux') return undefined
  const [state, ...started] = ask('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)]).split(/\s+/)
  if (state === undefined || state === '') return undefined
  return state.startsWith('Z') ? dead : started.join(' ')
}

const readBoot = (): string =>
  readText('/proc/sys/kernel/random/boot_id')?.trim() ||
  ask('sysctl', ['-n', 'kern.bootsessionuuid']) ||
  ask('sysctl', ['-n', 'kern.boottime'])

const readNamespace = (): string => {
  try {
    // In another time namespace the starts of the same processes are told shifted.
    return [readlinkSync('/proc/self/ns/pid'), ...readTimeNamespace()].join(' ')
  } catch {
    // Without such namespaces, what has its own processes has its own name.
    return process.platform === 'linux' ? '' : hostname()
  }
}

// Linux has had them since 5.6.
const readTimeNamespace = (): readonly string[] => {
  try {
    return [readlinkSync('/proc/self/ns/time')]
  } catch {
    return []
  }
}

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}

// Loaded when needed: it costs 3 ms, and Linux never needs it.
const ask = (program: string, args: readonly string[]): string => {
  if (process.platform === 'linux') return ''
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const env = { PATH: '/bin:/usr/bin:/sbin:/usr/sbin', LC_ALL: 'C', TZ: 'UTC' }
  return spawnSync(program, args, { env, encoding: 'utf8', timeout: 2000 }).stdout?.trim() ?? ''
}
