import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type KillOptions = {
  readonly rounds: number
  readonly records: number
  /** How many runs of a round are killed before one may end. */
  readonly kills: number
  readonly random: () => number
  /** `map` alone, or a job with steps before and behind. */
  readonly how: 'map' | 'run'
  readonly signal?: 'SIGKILL' | 'SIGTERM'
}

export type KilledJournals = {
  readonly kills: number
  /** Calls that were made for a record that had been called before. */
  readonly again: number
  readonly problems: readonly string[]
}

const concurrency = 3

/** Tells that it begins, waits a little, answers. */
const call = 'echo $STREAMZ_LINE >>calls; echo begun >&2; sleep 0.00$((STREAMZ_LINE % 7)); cat'

const job = `input: in
output: out
steps:
  - filter: {where: ".n != 3"}
  - throttle: {rate: 100000/s}
  - map: {journal: j, concurrency: ${concurrency}, command: [sh, -c, '${call}']}
  - filter: {where: ".n != 5"}
`

/** Kills runs with a journal at random moments and resumes them: nothing may be lost, come twice, or be called again once it is noted. */
export const killJournals = async (folder: string, options: KillOptions): Promise<KilledJournals> => {
  const { rounds, records, kills, random, how, signal = 'SIGKILL' } = options
  const problems: string[] = []
  let killed = 0
  let again = 0
  for (let round = 0; round < rounds; round++) {
    const cwd = join(folder, `${how}.${round}`)
    mkdirSync(cwd)
    const lines = Array.from({ length: records }, (_, n) => `{"n":${n},"pad":"${'x'.repeat((n * 7) % 50)}"}\n`)
    writeFileSync(join(cwd, 'in'), lines.join(''))
    writeFileSync(join(cwd, 'job.yaml'), job)
    const wanted = lines.filter((_, n) => how === 'map' || (n !== 3 && n !== 5)).join('')
    const calls = how === 'map' ? records : records - 1
    for (let attempt = 0; attempt <= kills; attempt++) {
      const noted = readNoted(cwd)
      const before = readCalls(cwd).length
      const killAfter = attempt < kills ? 1 + Math.floor((random() * calls) / kills) : undefined
      const { code, stderr } = await run(cwd, how, signal, killAfter)
      const repeated = readCalls(cwd)
        .slice(before)
        .filter(line => noted.has(line))
      // A call that outlived its run may tell late that it began; those are at most as many as run at once.
      if (repeated.length > 0) problems.push(`round ${round}: ${repeated} were called again though they were noted`)
      if (stderr.includes('bug in streamz')) problems.push(`round ${round}: ${stderr.slice(-300)}`)
      if (code === null || code === 143) killed++
      else if (code !== 0) problems.push(`round ${round}: exit ${code}: ${stderr.slice(-300)}`)
      else if (readFileSync(join(cwd, 'out'), 'utf8') !== wanted) problems.push(`round ${round}: the output is wrong`)
      if (code === 0) break
    }
    const extra = readCalls(cwd).length - calls
    again += Math.max(0, extra)
    if (extra > kills * concurrency) problems.push(`round ${round}: ${extra} calls were made again`)
    if (extra < 0) problems.push(`round ${round}: ${-extra} calls are missing`)
    if (existsSync(join(cwd, 'j.lock'))) problems.push(`round ${round}: the lock was left`)
  }
  return { kills: killed, again, problems }
}

const readCalls = (cwd: string): readonly string[] => readLines(join(cwd, 'calls'))

const readLines = (file: string): readonly string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []

/** The lines whose outcome is in the journal. */
const readNoted = (cwd: string): ReadonlySet<string> =>
  new Set(readLines(join(cwd, 'j')).flatMap(line => /^\["ok",\d+,(\d+),/.exec(line)?.[1] ?? []))

const program = resolve('dist/streamz.cjs')

const run = async (cwd: string, how: 'map' | 'run', signal: 'SIGKILL' | 'SIGTERM', killAfter: number | undefined) => {
  const args =
    how === 'run'
      ? ['run', 'job.yaml', '--resume']
      : ['map', '-j', `${concurrency}`, '--journal', 'j', '--resume', 'in', '--', 'sh', '-c', call]
  const fd = how === 'map' ? openSync(join(cwd, 'out'), 'w') : undefined
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', fd ?? 'ignore', 'pipe'] })
  if (fd !== undefined) closeSync(fd)
  let stderr = ''
  let begun = 0
  child.stderr?.on('data', part => {
    stderr += part
    begun += String(part).split('begun').length - 1
    if (killAfter !== undefined && begun >= killAfter) child.kill(signal)
  })
  // Calls that outlive the run hold standard error open: all of them have told by then.
  const [code] = await once(child, 'close')
  return { code: code as number | null, stderr }
}
