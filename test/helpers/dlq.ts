import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../dist/streamz.cjs', import.meta.url))

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

/** Starts streamz in a folder and ends it after 30 s whatever happens. */
export const start = (
  cwd: string,
  args: readonly string[],
  stdin = '',
): { child: ChildProcess; ended: Promise<Ran> } => {
  const child = spawn(process.execPath, [program, ...args], { cwd, timeout: 30_000, killSignal: 'SIGKILL' })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', part => {
    out += part
  })
  child.stderr.setEncoding('utf8').on('data', part => {
    err += part
  })
  child.stdin.on('error', () => {}).end(stdin)
  return { child, ended: once(child, 'close').then(([code]) => ({ code, out, err })) }
}

/** Runs streamz in a folder to its end. */
export const run = (cwd: string, args: readonly string[], stdin = ''): Promise<Ran> => start(cwd, args, stdin).ended

export type Made = { readonly [field: string]: unknown; readonly record?: string; readonly raw?: string }

/** A failure record as a stage writes it; `record` is JSON text and stays as it is. */
export const failure = ({
  record,
  raw,
  entry,
  kind = 'exit',
  message = 'Command exited with 3',
  ...rest
}: Made = {}): string => {
  const head = {
    $streamz: 'error/1',
    ...(entry === undefined ? {} : { entry }),
    id: 'id-1',
    line: 1,
    file: null,
    time: '2026-11-23T10:00:00.000Z',
    stage: { command: 'map', name: 'enrich', host: 'here', pid: 1 },
    error: {
      kind,
      class: 'permanent',
      message,
      status: null,
      exit: 3,
      signal: null,
      retry_after_ms: null,
      stderr: null,
    },
    attempts: 2,
    duration_ms: 5,
    replays: 0,
    first_failed_at: '2026-11-23T09:00:00.000Z',
    first_error: { kind: 'timeout', message: 'No answer within 5s' },
    ...rest,
  }
  const kept = raw === undefined ? `"record":${record ?? '{"n":1}'}` : `"raw":${JSON.stringify(raw)}`
  return `${JSON.stringify(head).slice(0, -1)},${kept}}\n`
}

/** The lines of a file, parsed. */
export const readEntries = (path: string): Record<string, never>[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
