import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type CommandOptions, createCommandCall } from '../../src/calls/command/call.js'
import { realClock } from '../../src/core/clock.js'
import type { Failure } from '../../src/core/failure.js'

/** A program of test/fixtures/children. */
export const fixture = (name: string) => resolve('test/fixtures/children', name)

const folder = mkdtempSync(join(tmpdir(), 'streamz-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** A path that is not in use, in a folder that is gone after the tests. */
export const temporaryFile = (name: string) => join(folder, `${++files}-${name}`)

export const quiet: Omit<CommandOptions, 'argv'> = {
  killAfter: 2000,
  maxResponse: 16 * 1024 * 1024,
  multi: false,
  raw: false,
  stderr: () => {},
  clock: realClock,
}

type Options = Partial<CommandOptions> & { signal?: AbortSignal; attempt?: number; id?: string }

/** Runs a command for one record of line 7; what it gives back is decoded. */
export const runCommand = async (argv: readonly string[], record: string | Buffer = '{}', options: Options = {}) => {
  const { signal = new AbortController().signal, attempt = 1, id = 'id-1', ...rest } = options
  const call = createCommandCall({ ...quiet, ...rest, argv })
  const bytes = Buffer.concat([Buffer.from(record), Buffer.from('\n')])
  const lines = await call({ bytes, number: 7, file: undefined }, { killing: signal, attempt, id })
  return lines.map(String)
}

/** The failure of a call, as plain data. */
export const failureOf = async (running: Promise<unknown>) => {
  try {
    await running
  } catch (error) {
    const { kind, failureClass, message, facts } = error as Failure
    return { kind, failureClass, message, facts }
  }
  throw new Error('The call succeeded, expected a failure')
}

/** What came on a stream until these words did. */
export const untilSaid = (stream: NodeJS.ReadableStream, words: string) =>
  new Promise<string>(resolve => {
    let text = ''
    stream.on('data', chunk => {
      text += String(chunk)
      if (text.includes(words)) resolve(text)
    })
  })

/** Waits for something to become true, 30 s at most. */
export const until = async (t: ExecutionContext, what: string, isTrue: () => boolean) => {
  const end = performance.now() + 30_000
  while (!isTrue()) {
    if (performance.now() > end) {
      t.fail(`Waited 30 s in vain: ${what}`)
      return
    }
    await new Promise(done => setTimeout(done, 2))
  }
}

/** The process numbers a child has written to a file, once they are there. */
export const readPids = async (t: ExecutionContext, file: string) => {
  await until(t, 'the child writes its pids', () => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'))
  return readFileSync(file, 'utf8').trim().split(' ').map(Number)
}

/** None of these runs any more; a killed one may take a moment to go. */
export const assertGone = async (t: ExecutionContext, pids: readonly number[]) => {
  t.true(pids.length > 0 && pids.every(pid => pid > 1))
  await until(t, `processes ${pids} are gone`, () => pids.every(pid => !isRunning(pid)))
  t.true(pids.every(pid => !isRunning(pid)))
}

export const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // A zombie that nobody has reaped does not run.
  if (!existsSync('/proc/self/stat')) return true
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
