import { spawn, spawnSync } from 'node:child_process'
import type { Contender, Row } from './row.js'

export type Result = {
  readonly contender: Contender
  /** One cost per round it took part in; none when its program is not installed. */
  readonly costs: readonly number[]
}

/** Runs the contenders of a row in turns: a noisy machine treats all of them alike. */
export const compare = async (row: Row, rounds: number): Promise<Result[]> => {
  const results = row.contenders.map(contender => ({ contender, costs: [] as number[] }))
  const running = results.filter(({ contender }) => contender.needs === undefined || isInstalled(contender.needs))
  for (let round = 0; round < rounds; round++) {
    // Who comes first meets another machine: every second round runs backwards.
    for (const { contender, costs } of round % 2 === 0 ? running : running.toReversed()) {
      if (contender.slow && round % 3 !== 0) continue
      costs.push(await measure(contender.run))
    }
  }
  return results
}

export const median = (costs: readonly number[]): number => {
  const sorted = costs.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

const measure = (run: Contender['run']): number | Promise<number> =>
  typeof run === 'string' ? timeCommand(run) : run()

const timeCommand = (command: string) =>
  new Promise<number>((resolve, reject) => {
    const start = performance.now()
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', reject)
    child.on('exit', code => {
      if (code === 0) resolve((performance.now() - start) / 1000)
      else reject(new Error(`Exit code ${code}: ${command}`))
    })
  })

const installed = new Map<string, boolean>()

const isInstalled = (program: string): boolean => {
  const known = installed.get(program)
  if (known !== undefined) return known
  const found = spawnSync('/bin/sh', ['-c', `command -v ${program}`]).status === 0
  installed.set(program, found)
  return found
}
