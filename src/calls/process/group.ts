import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Clock } from '../../core/clock.js'
import { findMembers, type Member, sessionLives, signalGroup, signalSession } from './session.js'

/** How a child ended: one of the two is null. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export type GroupOptions = {
  readonly clock: Clock
  /** Milliseconds between TERM and KILL. */
  readonly killAfter: number
  /** Whether we ourselves hold back a pipe of the child: then its last bytes are waited for. */
  readonly held?: () => boolean
  /** Whether an exit with 0 is not the end before everybody has closed standard output. */
  readonly awaitsOutput?: boolean
  /** Told once when the child has exited, its output is still open and nothing has come for a while: who of its session lives. */
  readonly onHeld?: (members: readonly Member[]) => void
}

export type Group = {
  /** TERM now, KILL once `killAfter` is over; calling it again does nothing. */
  end(): void
  /** Whether the child has exited with 0 and its output is still open. */
  isHeld(): boolean
}

/** Milliseconds for the last output of others in the session once the child itself has exited. */
export const grace = 100
const firstPause = 10
const maxRounds = 10

/** Sessions that may have running processes, by their leader, which also leads their first group. */
const live = new Set<number>()

/** Number of sessions that may have running processes. */
export const countGroups = (): number => live.size

/** Sends a signal to every session that still lives: for a second Ctrl-C or an emergency exit. */
export const killAllGroups = (signal: NodeJS.Signals): void => {
  for (const session of live) signalSession(session, signal)
}

// However this program ends, the processes it started are killed with it (except after kill -9).
let kills = false
const killAtExit = () => {
  if (kills) return
  kills = true
  process.once('exit', () => killAllGroups('SIGKILL'))
}

/**
 * Watches a child that was spawned with `detached: true` (so it leads a session and a process group) until nothing of it is
 * left: `gone` is called once, after the child has exited, its pipes are closed and the remaining processes of its session were killed.
 *
 * The kernel does not reuse a pid while the child is not reaped or its process group or session has members. So the session is
 * checked in the exit event itself: if it is empty, it is never signalled again. If not, it is signalled once more, later: pids
 * are assigned in sequence and do not wrap around that soon.
 */
export const superviseGroup = (child: ChildProcess, options: GroupOptions, gone: (exit: Exit) => void): Group => {
  const { clock, killAfter, held = () => false } = options
  const session = child.pid as number
  const startedAt = clock.now()
  let exit: Exit | undefined
  let state: 'running' | 'held' | 'ending' | 'killed' | 'gone' = 'running'
  let rounds = 0
  let pause = firstPause
  let cancelKill = () => {}
  let cancelWait = () => {}
  live.add(session)
  killAtExit()

  child.on('exit', (code, signal) => {
    exit = { code, signal }
    if (!signalGroup(session, 0) && findMembers(session, clock.now() - startedAt).length === 0) live.delete(session)
    if (state === 'ending') watch()
    else if (state === 'killed') setImmediate(finish)
    else if (code === 0 && options.awaitsOutput === true && isOpen(child.stdout)) waitForOutput()
    else waitForPipes()
  })
  child.on('close', () => {
    if (state !== 'ending') finish()
  })

  /** The child was asked to end and did: the other processes of its session get the same time. */
  const watch = () => {
    if (!live.has(session) || !sessionLives(session)) {
      live.delete(session)
      setImmediate(finish)
      return
    }
    cancelWait = clock.after(pause, watch)
    pause *= 2
  }

  /** The child has exited well: its output is whole when everybody it was given to has closed it. */
  const waitForOutput = () => {
    state = 'held'
    child.stdout?.once('close', () => {
      if (state !== 'held') return
      cancelWait()
      state = 'running'
      waitForPipes()
    })
    const patience = Math.max(1000, 2 * killAfter)
    const look = (before: number) => {
      cancelWait = clock.after(patience, () => {
        const now = bytesRead(child)
        if (now === before && !held()) options.onHeld?.(findMembers(session))
        else look(now)
      })
    }
    look(bytesRead(child))
  }

  /** The child has exited by itself: a pipe that stays open is held by a process it started. */
  const waitForPipes = () => {
    cancelWait = clock.after(grace, () => {
      killRest()
      const before = bytesRead(child)
      // Timers come before reads: after a long standstill the last output is still in the pipe.
      setImmediate(() => {
        if (state === 'gone') return
        rounds += 1
        const reading = rounds <= maxRounds && bytesRead(child) !== before
        if (state === 'running' && (reading || held())) waitForPipes()
        else finish()
      })
    })
  }

  const killRest = () => {
    if (live.delete(session)) signalSession(session, 'SIGKILL')
  }

  const kill = () => {
    state = 'killed'
    if (live.has(session)) signalSession(session, 'SIGKILL')
    if (exit !== undefined) setImmediate(finish)
  }

  const finish = () => {
    if (state === 'gone') return
    state = 'gone'
    cancelKill()
    cancelWait()
    killRest()
    child.stdin?.destroy()
    child.stdout?.destroy()
    child.stderr?.destroy()
    gone(exit as Exit)
  }

  return {
    isHeld: () => state === 'held',
    end() {
      if (state !== 'running' && state !== 'held') return
      state = 'ending'
      cancelWait()
      if (exit !== undefined && !live.has(session)) {
        setImmediate(finish)
        return
      }
      signalSession(session, 'SIGTERM')
      cancelKill = clock.after(killAfter, kill)
      if (exit !== undefined) watch()
    },
  }
}

const isOpen = (pipe: Readable | null): boolean => pipe !== null && !pipe.closed && !pipe.readableEnded

const bytesRead = (child: ChildProcess): number => read(child.stdout) + read(child.stderr)

// The pipes of a child are sockets, which count what they have read.
const read = (pipe: object | null): number =>
  pipe !== null && 'bytesRead' in pipe && typeof pipe.bytesRead === 'number' ? pipe.bytesRead : 0
