import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type StallOptions = { readonly appenders: number; readonly seconds: number }

const program = fileURLToPath(new URL('../../../dist/streamz.cjs', import.meta.url))
// A lock is believed in for 10 s without a sign of life, and there is one every 3 s.
const stall = () => 14_000 + Math.random() * 8000
const unshare = ['unshare', '-Urp', '--fork', '--kill-child', '--mount-proc']

/** Whether processes can be put into a pid namespace of their own here. */
export const canUnshare = (): boolean => spawnSync(unshare[0] ?? '', [...unshare.slice(1), 'true']).status === 0

type Kind = 'append' | 'replay' | 'compact' | 'purge'
type Running = { readonly kind: Kind; readonly child: ChildProcess }

/**
 * Half of the processes run in a pid namespace of their own. What an appender has read and reported as kept must be in the
 * file at the end, or among the results of replays; a replay that has lost its lock may repeat the one call it was making.
 */
export const stallTogether = async (folder: string, { appenders, seconds }: StallOptions) => {
  const until = performance.now() + seconds * 1000
  const isOver = () => performance.now() >= until
  const running = new Set<Running>()
  const stopped = new Set<Running>()
  const problems: string[] = []
  let stalls = 0
  let stalledReplays = 0
  let replayed = ''
  const counts = { replays: 0, compactions: 0, takenOver: 0 }
  writeFileSync(join(folder, 'f.ndjson'), '')
  writeFileSync(join(folder, 'calls'), '')

  const start = (kind: Kind, isApart: boolean, words: readonly string[]) => {
    const argv = [...(isApart ? unshare : []), process.execPath, program, ...words]
    const child = spawn(argv[0] ?? '', argv.slice(1), { cwd: folder })
    const one = { kind, child }
    running.add(one)
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', part => {
      out += part
    })
    child.stderr.setEncoding('utf8').on('data', part => {
      err += part
    })
    child.stdin.on('error', () => {})
    const ended = once(child, 'close').then(([code]) => {
      running.delete(one)
      return { code, out, err }
    })
    return { child, ended }
  }

  const append = async (who: number) => {
    const { child, ended } = start('append', who % 2 === 1, [
      ...['throttle', '--rate', '1/h', '--mode', 'reject', '--dlq', 'f.ndjson'],
    ])
    // The first record passes.
    let sent = 0
    while (!isOver()) {
      child.stdin?.write(`{"who":${who},"n":${sent++}}\n`)
      await wait(50)
    }
    child.stdin?.end()
    const { code, err } = await ended
    if (code !== 1) problems.push(`an appender ended with ${code}: ${err.slice(-300)}`)
    return Array.from({ length: sent - 1 }, (_, n) => `{"who":${who},"n":${n + 1}}`)
  }

  const repeat = async (kind: Kind, isApart: boolean, words: readonly string[]) => {
    while (!isOver()) {
      const { code, out, err } = await start(kind, isApart, words).ended
      if (kind === 'replay') {
        replayed += out
        counts.replays++
        if (err.includes('took over')) counts.takenOver++
      } else if (code === 0) counts.compactions++
      // Busy, or a file that was replaced under its hands.
      if (code !== 0 && code !== 75) problems.push(`${kind} ended with ${code}: ${err.slice(-300)}`)
      await wait(100)
    }
  }

  const stopOne = async () => {
    while (!isOver()) {
      await wait(2000)
      const choice = [...running].filter(one => !stopped.has(one))
      const one = choice[Math.floor(Math.random() * choice.length)]
      const pid = one === undefined ? undefined : findProgram(one.child)
      if (one === undefined || pid === undefined) continue
      stopped.add(one)
      stalls++
      if (one.kind === 'replay') stalledReplays++
      signal(pid, 'SIGSTOP')
      setTimeout(() => {
        signal(pid, 'SIGCONT')
        stopped.delete(one)
      }, stall())
    }
  }

  const call = ['sh', '-c', 'read l; echo "$l" >> calls; sleep 0.2; echo "$l"']
  const replay = ['dlq', 'replay', 'f.ndjson', '-j', '1', '--limit', '30', '--', ...call]
  const [lists] = await Promise.all([
    Promise.all(Array.from({ length: appenders }, (_, who) => append(who))),
    repeat('replay', false, replay),
    repeat('replay', true, replay),
    repeat('compact', true, ['dlq', 'compact', 'f.ndjson']),
    repeat('purge', false, ['dlq', 'purge', '--older-than', '1d', 'f.ndjson']),
    stopOne(),
    stopOne(),
  ])
  const { out } = await start('append', false, ['dlq', 'show', 'f.ndjson', '--since', '2000-01-01', '--json']).ended
  const kept = new Set([...out.matchAll(/"record":(\{.*\})\}$/gm)].map(([, record]) => record))
  const done = new Set(replayed.split('\n'))
  const wanted = lists.flat()
  const calls = existsSync(join(folder, 'calls'))
    ? readFileSync(join(folder, 'calls'), 'utf8').split('\n').filter(Boolean)
    : []
  return {
    appended: wanted.length,
    stalls,
    stalledReplays,
    ...counts,
    calls: calls.length,
    calledAgain: calls.length - new Set(calls).size,
    missing: wanted.filter(record => !kept.has(record) && !done.has(record)).length,
    problems,
  }
}

/** The program itself, not what has put it into a namespace. */
const findProgram = ({ pid }: ChildProcess): number | undefined => {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    const isWrapped = readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('unshare')
    return isWrapped ? Number(child) || undefined : pid
  } catch {
    return undefined
  }
}

const signal = (pid: number, name: 'SIGSTOP' | 'SIGCONT'): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

const wait = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))
