import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { failure, readEntries, start } from './dlq.js'

export type KillOptions = { readonly rounds: number; readonly entries: number }

const concurrency = 2

/**
 * Replays a file of entries, one in ten of which fails, and kills the replay at a random moment, again and again; then lets
 * one run to its end. Says what went wrong: a call for an entry that was done, more calls than were in flight, an entry that
 * is neither done nor waiting.
 */
export const killReplays = async (folder: string, { rounds, entries }: KillOptions) => {
  const path = join(folder, 'f.ndjson')
  const calls = join(folder, 'calls')
  const lines = Array.from({ length: entries }, (_, n) =>
    failure({ entry: `e${n}`, id: `e${n}`, record: `{"n":${n}}` }),
  )
  writeFileSync(path, lines.join(''))
  writeFileSync(calls, '')
  const problems: string[] = []
  // Children of a killed replay go on for a moment: what they call is told apart by their parent.
  const script = 'echo "$STREAMZ_ID $PPID" >> calls; read l; case "$l" in *9}) exit 1;; esac; echo "$l"'
  const words = [
    'dlq',
    'replay',
    'f.ndjson',
    '-j',
    `${concurrency}`,
    '--max-replays',
    '1000000',
    '--',
    'sh',
    '-c',
    script,
  ]
  for (let round = 0; round <= rounds; round++) {
    const done = readDone(path)
    const before = readCalls(calls).length
    const { child, ended } = start(folder, words)
    // The moment is counted in calls, so that a slow machine does not kill too early every time.
    const goal = before + Math.ceil((Math.random() * entries) / rounds)
    const timer = setInterval(() => {
      if (round < rounds && readCalls(calls).length >= goal) child.kill('SIGKILL')
    }, 2)
    const { code } = await ended
    clearInterval(timer)
    if (code !== null && code !== 1) problems.push(`round ${round} ended with ${code}`)
    const made = readCalls(calls)
      .slice(before)
      .flatMap(call => (call.endsWith(` ${child.pid}`) ? [call.split(' ')[0] ?? ''] : []))
    problems.push(...made.filter(id => done.has(id)).map(id => `${id} was done and called again`))
    if (new Set(made).size !== made.length) problems.push(`round ${round} called one twice`)
  }
  const done = readDone(path)
  const good = Array.from({ length: entries }, (_, n) => `e${n}`).filter(id => !id.endsWith('9'))
  problems.push(...good.filter(id => !done.has(id)).map(id => `${id} is not done`))
  for (const id of good) {
    const times = readCalls(calls).filter(call => call.startsWith(`${id} `)).length
    if (times > 1 + rounds) problems.push(`${id} was called ${times} times`)
  }
  const again = readCalls(calls).filter(call => !call.includes('9 ')).length - good.length
  // Every kill may cost what ran, and what had ended but waited to be told.
  if (again > rounds * 4 * concurrency) problems.push(`${again} calls were repeated`)
  return { rounds, again, problems }
}

const readCalls = (path: string) => readFileSync(path, 'utf8').split('\n').filter(Boolean)

const readDone = (path: string): ReadonlySet<string> => {
  if (!existsSync(`${path}.done`)) return new Set()
  const text = readFileSync(`${path}.done`, 'utf8')
  // The last line may be cut.
  writeFileSync(`${path}.copy`, text.slice(0, text.lastIndexOf('\n') + 1))
  return new Set(readEntries(`${path}.copy`).map(({ entry }) => String(entry)))
}
