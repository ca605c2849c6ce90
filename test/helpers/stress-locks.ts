import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createFileStore } from '../../src/stores/state/file.js'
import { startFixture } from './fixture-process.js'

export type StressOptions = {
  readonly folder: string
  readonly seconds: number
  readonly processes: number
  /** Goes on beyond the time until so many updates were acknowledged: a busy machine starts processes slowly. */
  readonly atLeast?: number
  /** How likely a process kills itself before any call that changes the disk. */
  readonly deathsPerCall?: number
}

/**
 * Many processes at one lock and one state, killed at random, from inside and from outside.
 * An update is acknowledged when `update` has returned. A killed process may have written one that it did not acknowledge,
 * so: acknowledged <= counted <= acknowledged + kills; below is `lost`, above `invented`.
 */
export const stressLocks = async (options: StressOptions) => {
  const { folder, seconds, processes, atLeast = 0, deathsPerCall = 0.002 } = options
  const until = performance.now() + seconds * 1000
  const isOver = () => performance.now() >= until && sizeOf(join(folder, 'acknowledged')) >= atLeast
  const running = new Set<ReturnType<typeof startFixture>>()
  let started = 0
  let kills = 0
  const keepOneRunning = async () => {
    while (!isOver()) {
      const run = startFixture('stress-lock', folder, String(++started), String(deathsPerCall))
      running.add(run)
      await run.finished
      running.delete(run)
      kills++
    }
  }
  const killer = setInterval(() => {
    if (isOver()) for (const { child } of running) child.kill('SIGKILL')
    else pickOne([...running])?.child.kill('SIGKILL')
  }, 250)
  await Promise.all(Array.from({ length: processes }, keepOneRunning))
  clearInterval(killer)

  const problems = readLines(join(folder, 'problems'))
  const acknowledged = sizeOf(join(folder, 'acknowledged'))
  const value = await createFileStore({ path: join(folder, 'state.json'), strict: true }).read()
  const counted = (value as { count: number } | undefined)?.count ?? 0
  return {
    kills,
    ...judgeJournal(readLines(join(folder, 'journal'))),
    stuck: problems.filter(problem => problem === 'stuck').length,
    unreadable: problems.filter(problem => problem.startsWith('unreadable')).length,
    acknowledged,
    counted,
    lost: Math.max(0, acknowledged - counted),
    invented: Math.max(0, counted - acknowledged - kills),
    leftTemporary: readdirSync(folder).filter(name => name.endsWith('.tmp')).length,
  }
}

/** A section may be entered while another is open only if that one is never left: its process was killed inside. */
const judgeJournal = (lines: readonly string[]) => {
  const left = new Set(lines.filter(line => line.startsWith('leave ')).map(line => line.slice(6)))
  const waits: number[] = []
  let violations = 0
  let killedInside = 0
  let inside: string | undefined
  for (const line of lines) {
    const [what, who = '', waited] = line.split(' ')
    if (what === 'leave') {
      if (inside !== who) violations++
      inside = undefined
      continue
    }
    waits.push(Number(waited))
    if (inside !== undefined) left.has(inside) ? violations++ : killedInside++
    inside = who
  }
  waits.sort((a, b) => a - b)
  const quantile = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0
  return {
    sections: waits.length,
    violations,
    killedInside,
    waitMs: { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) },
  }
}

const pickOne = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)]

const readLines = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [])

const sizeOf = (path: string) => (existsSync(path) ? statSync(path).size : 0)
