import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { due, readState, writeState } from './breaker-state.js'

const program = resolve('dist/streamz.cjs')

/** Starts a run of `streamz breaker` for one record, which it gets once everybody has been started. */
const begin = (folder: string, args: readonly string[], script: string) => {
  const child = spawn(
    process.execPath,
    [program, 'breaker', '--state', 'api.json', ...args, '--', '/bin/sh', '-c', script],
    { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], timeout: 30_000, killSignal: 'SIGKILL' },
  )
  let output = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    output += chunk
  })
  let messages = ''
  child.stderr.setEncoding('utf8').on('data', chunk => {
    messages += chunk
  })
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, output, messages }))
  return { child, finished, feed: (number: number) => child.stdin.end(`{"n":${number}}\n`) }
}

const inFolder = async <Result>(act: (folder: string) => Promise<Result>): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), 'streamz-breaker-'))
  try {
    return await act(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const runAll = async (folder: string, processes: number, args: readonly string[], script: string) => {
  const runs = Array.from({ length: processes }, () => begin(folder, args, script))
  for (const [number, { feed }] of runs.entries()) feed(number)
  return Promise.all(runs.map(({ finished }) => finished))
}

/** 8 processes fail once each, at the same moment, at a threshold of 8 of 8: what the state is then. */
export const roundOfFailures = () =>
  inFolder(async folder => {
    const rule = ['--fail-rate', '100%', '--min-calls', '8']
    await runAll(folder, 8, rule, 'exit 75')
    const { state, counters } = readState(folder)
    return { state, fail: counters.fail, late: counters.late }
  })

/** 8 processes wait for a circuit that is due: how often two probes were out, and whether all ended well. */
export const roundOfProbes = () =>
  inFolder(async folder => {
    writeState(folder, due)
    const script = 'mkdir probing 2>/dev/null || : >overlap; cat; rmdir probing'
    const ended = await runAll(folder, 8, ['--probes', '8'], script)
    return {
      overlapped: existsSync(join(folder, 'overlap')),
      delivered: ended.filter(({ code, output }) => code === 0 && output !== '').length,
      state: readState(folder).state as string,
      unexpected: ended.filter(({ code, output }) => code !== 0 || output === ''),
    }
  })

/** The process that probes is killed in the middle; another one waits. Gives the state at the end and what the other did. */
export const roundOfDeath = () =>
  inFolder(async folder => {
    writeState(folder, due)
    const args = ['--probes', '1', '--timeout', '100ms', '--kill-after', '0', '--open-for', '100ms']
    const first = begin(folder, args, 'echo $$ >pid; mv pid probing; exec sleep 30')
    first.feed(1)
    while (!existsSync(join(folder, 'probing'))) await new Promise(done => setTimeout(done, 2))
    first.child.kill('SIGKILL')
    await first.finished
    process.kill(Number(readFileSync(join(folder, 'probing'), 'utf8')), 'SIGKILL')
    const [second] = await runAll(folder, 1, args, 'cat')
    return { code: second?.code, output: second?.output, state: readState(folder).state as string }
  })
