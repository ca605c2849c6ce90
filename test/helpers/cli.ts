import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ExecutionContext } from 'ava'
import { execa, type Options } from 'execa'
import { makeFolder } from './temporary-folder.js'

/** What stands on standard input: text, bytes or an open descriptor; nothing for an empty input. */
export type Input = string | Uint8Array | { readonly fd: number }

export type CliOptions = {
  readonly stdin?: Input
  readonly env?: Readonly<Record<string, string>>
  /** An open descriptor to write to; what is written is kept unless given. */
  readonly stdout?: { readonly fd: number }
  /** A fresh folder unless given. */
  readonly cwd?: string
}

export type Result = {
  readonly stdout: Buffer
  readonly stderr: string
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  /** The folder it ran in. */
  readonly cwd: string
}

const program = resolve('dist/streamz.cjs')
const guard = 30_000

/** Runs `streamz` as users do; when the test fails, everything about the run is shown. */
export const streamz = (t: ExecutionContext, args: readonly string[], options: CliOptions = {}): Promise<Result> =>
  run(t, process.execPath, [program, ...args], `streamz ${args.join(' ')}`, options)

/** Runs a line of bash in which `streamz` is the program under test. */
export const shell = (t: ExecutionContext, script: string, options: CliOptions = {}): Promise<Result> =>
  run(t, 'bash', ['-c', script], script, options)

/** Runs a pipeline; what each of its stages exits with comes too. */
export const pipeline = async (
  t: ExecutionContext,
  stages: readonly string[],
  options: CliOptions = {},
): Promise<Result & { readonly statuses: readonly number[] }> => {
  const { cwd = makeFolder(t) } = options
  const result = await shell(t, `${stages.join(' | ')}; echo $\{PIPESTATUS[*]} >.statuses`, { ...options, cwd })
  return { ...result, statuses: readFileSync(join(cwd, '.statuses'), 'utf8').trim().split(' ').map(Number) }
}

/** A run that the test talks to while it goes on; it ends with the test whatever happens. */
export const start = (
  t: ExecutionContext,
  args: readonly string[],
  { env = {}, cwd = makeFolder(t) }: CliOptions = {},
) => {
  const child = execa(process.execPath, [program, ...args], { ...manners(cwd, env), stdin: 'pipe' })
  t.teardown(() => child.kill('SIGKILL'))
  const finished = finish(t, child, `streamz ${args.join(' ')}`, cwd)
  return { child, finished, cwd }
}

const run = async (
  t: ExecutionContext,
  file: string,
  args: readonly string[],
  shown: string,
  options: CliOptions,
): Promise<Result> => {
  const { stdin = '', stdout, env = {}, cwd = makeFolder(t) } = options
  const giveBack = await takeTurn()
  try {
    const input = typeof stdin === 'object' && 'fd' in stdin ? { stdin: descriptor(stdin.fd) } : { input: stdin }
    const output = stdout === undefined ? {} : { stdout: stdout.fd as 1 }
    return await finish(t, execa(file, args, { ...manners(cwd, env), ...input, ...output }), shown, cwd)
  } finally {
    giveBack()
  }
}

// execa takes any descriptor, its types only name the first ones.
const descriptor = (fd: number) => fd as 0

// The test runner asks its own processes for colours.
const { FORCE_COLOR, ...inherited } = process.env

const manners = (cwd: string, env: Readonly<Record<string, string>>) =>
  ({
    cwd,
    env: { ...inherited, PATH: `${wrapperFolder()}:${process.env.PATH}`, ...env },
    extendEnv: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    reject: false,
    timeout: guard,
    killSignal: 'SIGKILL',
    maxBuffer: 256 * 1024 * 1024,
  }) as const satisfies Options

type Ended = {
  readonly stdout?: unknown
  readonly stderr?: unknown
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  readonly timedOut: boolean
}

const finish = async (t: ExecutionContext, child: PromiseLike<Ended>, shown: string, cwd: string): Promise<Result> => {
  const { stdout, stderr, exitCode, signal, timedOut } = await child
  const result = { stdout: toBuffer(stdout), stderr: toBuffer(stderr).toString(), exitCode, signal, cwd }
  t.teardown(() => {
    if (!t.passed) t.log(describe(shown, result))
  })
  if (timedOut) t.fail(`Not done within ${guard / 1000} s: ${shown}`)
  return result
}

const toBuffer = (output: unknown): Buffer => Buffer.from(output instanceof Uint8Array ? output : [])

const describe = (shown: string, { stdout, stderr, exitCode, signal }: Result): string =>
  [`$ ${shown}`, `exit ${exitCode ?? signal}`, `stdout ${show(String(stdout))}`, `stderr ${show(stderr)}`].join('\n')

const show = (text: string) => (text.length > 4000 ? `${text.slice(0, 4000)}… (${text.length})` : text)

let folder: string | undefined

/** A folder for PATH with a `streamz` in it. */
const wrapperFolder = (): string => {
  if (folder !== undefined) return folder
  const made = mkdtempSync(join(tmpdir(), 'streamz-bin-'))
  process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  writeFileSync(join(made, 'streamz'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 })
  folder = made
  return made
}

// The tests of a file begin all at once: more processes than this only make each other late.
let free = 3
const waiting: (() => void)[] = []

export const takeTurn = async (): Promise<() => void> => {
  if (free === 0) await new Promise<void>(begin => waiting.push(begin))
  else free--
  return () => {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
}

/** The records of an NDJSON output, parsed. */
export const records = (output: Uint8Array | string): unknown[] =>
  String(output instanceof Uint8Array ? Buffer.from(output) : output)
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
