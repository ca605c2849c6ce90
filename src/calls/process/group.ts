import type { ChildProcess } from 'node:child_process'
import type { Clock } from '../../core/clock.js'
import { groupLives, signalGroup } from './group-lives.js'

/** How a child ended: one of the two is null. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export type GroupOptions = {
  readonly clock: Clock
  /** Milliseconds between TERM and KILL. */
  readonly killAfter: number
  /** Whether we ourselves hold back a pipe of the child: then its last bytes are waited for. */
  readonly held?: () => boolean
}

export type Group = {
  /** TERM now, KILL once `killAfter` is over; calling it again does nothing. */
  end(): void
}

/** Milliseconds for the last output of others in the group once the child itself has exited. */
export const grace = 100
const firstPause = 10
const maxRounds = 10

/** Groups in which somebody may live. */
const live = new Set<number>()

/** How many groups somebody may live in. */
export const countGroups = (): number => live.size

/** Sends a signal to every group that still lives: for a second Ctrl-C or an emergency exit. */
export const killAllGroups = (signal: NodeJS.Signals): void => {
  for (const group of live) signalGroup(group, signal)
}

// However this program ends, what it started ends with it (a kill -9 apart).
let kills = false
const killAtExit = () => {
  if (kills) return
  kills = true
  process.once('exit', () => killAllGroups('SIGKILL'))
}

/**
 * Watches a child that was spawned with `detached: true` (so it leads a process group) until nothing of it is left:
 * `gone` is called once, after the child has exited, its pipes are closed and whoever stayed behind was killed.
 *
 * A process number is not given away while its child is not reaped or somebody lives in its group. So the group is
 * looked at in the very event of the exit; when it is empty it is never signalled again. When it is not, it is
 * signalled once more, after `grace` or `killAfter`: numbers are handed out in turn and do not come round so soon.
 */
export const superviseGroup = (child: ChildProcess, options: GroupOptions, gone: (exit: Exit) => void): Group => {
  const { clock, killAfter, held = () => false } = options
  const group = child.pid as number
  let exit: Exit | undefined
  let state: 'running' | 'ending' | 'killed' | 'gone' = 'running'
  let rounds = 0
  let pause = firstPause
  let cancelKill = () => {}
  let cancelWait = () => {}
  live.add(group)
  killAtExit()

  child.on('exit', (code, signal) => {
    exit = { code, signal }
    if (!signalGroup(group, 0)) live.delete(group)
    if (state === 'ending') watch()
    else if (state === 'killed') setImmediate(finish)
    else waitForPipes()
  })
  child.on('close', () => {
    if (state !== 'ending') finish()
  })

  /** The child was told to end and did: the others of its group have the same time. */
  const watch = () => {
    if (!live.has(group) || !groupLives(group)) {
      live.delete(group)
      setImmediate(finish)
      return
    }
    cancelWait = clock.after(pause, watch)
    pause *= 2
  }

  /** The child has exited by itself: a pipe that stays open is held by somebody it started. */
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
    if (live.delete(group)) signalGroup(group, 'SIGKILL')
  }

  const kill = () => {
    state = 'killed'
    if (live.has(group)) signalGroup(group, 'SIGKILL')
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
    end() {
      if (state !== 'running') return
      state = 'ending'
      if (exit !== undefined) {
        setImmediate(finish)
        return
      }
      signalGroup(group, 'SIGTERM')
      cancelKill = clock.after(killAfter, kill)
    },
  }
}

const bytesRead = (child: ChildProcess): number => read(child.stdout) + read(child.stderr)

// The pipes of a child are sockets, which count what they have read.
const read = (pipe: object | null): number =>
  pipe !== null && 'bytesRead' in pipe && typeof pipe.bytesRead === 'number' ? pipe.bytesRead : 0
