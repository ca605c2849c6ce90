import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type CliOptions, records, streamz } from './cli.js'
import { makeFolder } from './temporary-folder.js'

export type Failed = {
  readonly error: {
    readonly kind: string
    readonly class: string
    readonly status: number | null
    readonly message: string
  }
  readonly attempts: number
  readonly record: unknown
}

/** The failure records on stderr. */
export const failures = (stderr: string): Failed[] =>
  stderr
    .split('\n')
    .filter(line => line.startsWith('{"$streamz":"error'))
    .map(line => JSON.parse(line) as Failed)

/** So many records. */
export const lines = (count: number, make: (n: number) => object = n => ({ n })): string =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify(make(n))}\n`).join('')

/** The summary that a run has left in its folder. */
export const readSummary = (cwd: string) => JSON.parse(readFileSync(join(cwd, 'summary.json'), 'utf8'))

/** Runs `map --http` with hardly a wait between two tries. */
export const map = async (t: ExecutionContext, args: readonly string[], options: CliOptions = {}) => {
  const cwd = options.cwd ?? makeFolder(t)
  const result = await streamz(t, ['map', '--http', ...args, '--summary', 'summary.json', '--backoff', '1ms..5ms'], {
    ...options,
    cwd,
  })
  return { ...result, out: records(result.stdout), failed: failures(result.stderr), summary: readSummary(cwd) }
}
