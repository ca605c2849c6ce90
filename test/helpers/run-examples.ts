import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { ExecutionContext } from 'ava'
import { takeTurn } from './cli.js'
import { type Block, isLike, splitSteps } from './examples.js'
import { makeFolder } from './temporary-folder.js'

// An example takes at most two seconds on an idle machine; this ends one that hangs.
const guard = 30_000

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Runs examples of the docs with these variables; those that begin with one of the skipped words are not run. */
export const createExamples = (
  environment: Readonly<Record<string, string>>,
  skipped: readonly (readonly [begins: string, reason: string])[],
) => {
  const run = async (folder: string, line: string) => {
    const giveBack = await takeTurn()
    try {
      return await runNow(folder, line, environment)
    } finally {
      giveBack()
    }
  }

  /** `jobs`: the job files that are there, by name. */
  const runBlock = async (
    t: ExecutionContext,
    block: Block,
    where: string,
    jobs: ReadonlyMap<string, string> = new Map(),
  ) => {
    const folder = makeWorkplace(t)
    for (const [name, text] of jobs) writeFileSync(join(folder, name), text)
    const steps = block.kind === 'js' ? [{ line: 'node example.mjs', exit: 0 }] : splitSteps(block.text)
    if (block.kind === 'js') writeFileSync(join(folder, 'example.mjs'), block.text)
    let [printed, told] = ['', '']
    for (const { line, exit } of steps) {
      if (skipped.some(([begins]) => line.startsWith(begins))) return
      const { code, output, error } = await run(folder, line)
      t.is(code, exit, `${where}: ${line}\nit printed: ${output}\nand on stderr: ${error}`)
      printed += output
      told += error
    }
    if (block.output === undefined) return
    t.true(isLike(printed + told, block.output), `${where} shows\n${block.output}\nbut printed\n${printed}${told}`)
  }

  return { run, runBlock }
}

/** A folder as the reader of an example has it: the records, the programs, and `streamz` to be found. */
export const makeWorkplace = (t: ExecutionContext): string => {
  const folder = makeFolder(t)
  for (const file of [
    'orders.ndjson',
    'prompts.ndjson',
    'visits.ndjson',
    'enrich.sh',
    'charge.sh',
    'job.yaml',
    'job.test.yaml',
  ]) {
    cpSync(join(root, 'test/fixtures', file), join(folder, file))
  }
  writeFileSync(join(folder, 'orders.ndjson.gz'), gzipSync(readFileSync(join(folder, 'orders.ndjson'))))
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/streamz-cli'))
  symlinkSync(join(root, 'dist/streamz.cjs'), join(folder, 'node_modules/.bin/streamz'))
  chmodSync(join(folder, 'enrich.sh'), 0o755)
  chmodSync(join(folder, 'charge.sh'), 0o755)
  return folder
}

const runNow = (folder: string, line: string, environment: Readonly<Record<string, string>>) =>
  new Promise<{ code: number | null; output: string; error: string }>((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', line], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PATH: [join(folder, 'node_modules/.bin'), process.env.PATH].join(delimiter),
        LC_ALL: 'C',
        NO_COLOR: '1',
        ...environment,
      },
      detached: true,
    })
    const kill = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), guard)
    let [output, error] = ['', '']
    child.stdout.setEncoding('utf8').on('data', chunk => {
      output += chunk
    })
    child.stderr.setEncoding('utf8').on('data', chunk => {
      error += chunk
    })
    child.on('error', reject)
    child.on('close', code => {
      clearTimeout(kill)
      resolve({ code, output, error })
    })
  })
