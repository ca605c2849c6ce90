import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type KillOptions = {
  readonly rounds: number
  /** Different keys of each round; each comes twice. */
  readonly keys: number
  /** How many runs of a round are killed before one may end. */
  readonly kills: number
  readonly random: () => number
}

export type Killed = {
  readonly kills: number
  /** Records that came again after a kill. */
  readonly again: number
  readonly problems: readonly string[]
}

/** What may come again after a kill: one write of the output, and the line that it began in. */
const lastWrite = 64 * 1024 + 100

/** Kills `dedupe --state` at random moments and runs it again on the same input: nothing may be swallowed, little may come again. */
export const killDedupes = async (folder: string, { rounds, keys, kills, random }: KillOptions): Promise<Killed> => {
  const problems: string[] = []
  let killed = 0
  let again = 0
  for (let round = 0; round < rounds; round++) {
    const input = makeInput(keys, random)
    const state = join(folder, `seen.${round}`)
    const counts = new Map<string, number>()
    for (let attempt = 0; attempt <= kills; attempt++) {
      const output = join(folder, `out.${round}.${attempt}`)
      const code = await run(state, input, output, attempt < kills ? random() : undefined)
      if (code === null) killed++
      else if (code !== 0) problems.push(`round ${round}: exit ${code}`)
      const before = new Set(counts.keys())
      let bytes = 0
      // Half a line at the end was not taken.
      for (const line of readFileSync(output, 'utf8').split('\n').slice(0, -1)) {
        counts.set(line, (counts.get(line) ?? 0) + 1)
        if (!before.has(line)) continue
        again++
        bytes += line.length + 1
      }
      if (bytes > lastWrite) problems.push(`round ${round}: ${bytes} bytes came again`)
    }
    const missing = keys - new Set([...counts.keys()].map(line => JSON.parse(line).k)).size
    if (missing > 0) problems.push(`round ${round}: ${missing} keys were swallowed`)
    for (const [line, count] of counts)
      if (count > kills + 1) problems.push(`round ${round}: ${line} came ${count} times`)
  }
  return { kills: killed, again, problems }
}

const makeInput = (keys: number, random: () => number): Buffer[] => {
  const lines = Array.from(
    { length: 2 * keys },
    (_, n) => `{"k":"key-${n >> 1}","text":"${'x'.repeat((n >> 1) % 60)}"}\n`,
  )
  const portions: Buffer[] = []
  for (let at = 0; at < lines.length; ) {
    const size = 1 + Math.floor(random() * 800)
    portions.push(Buffer.from(lines.slice(at, at + size).join('')))
    at += size
  }
  return portions
}

const program = resolve('dist/streamz.cjs')

/** Gives the exit code; null when it was killed. It is killed when about this share of the input has been taken from us. */
const run = async (state: string, input: readonly Buffer[], output: string, share: number | undefined) => {
  const fd = openSync(output, 'w')
  const args = [program, 'dedupe', '--key', '.k', '--state', state, '--quiet']
  const child = spawn(process.execPath, args, { stdio: ['pipe', fd, 'inherit'] })
  closeSync(fd)
  const ended = once(child, 'exit')
  const { stdin } = child
  stdin?.on('error', () => {})
  const last = share === undefined ? input.length : Math.floor(share * input.length)
  for (const [index, portion] of input.entries()) {
    if (index === last) child.kill('SIGKILL')
    if (stdin?.write(portion) === false) await Promise.race([once(stdin, 'drain').catch(() => {}), ended])
    if (child.exitCode !== null || child.signalCode !== null) break
  }
  stdin?.end()
  const [code] = await ended
  return code as number | null
}
