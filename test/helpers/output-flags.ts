import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { until } from './children.js'
import { start, streamz } from './cli.js'
import type { FlagCases } from './flags.js'
import { makeFolder } from './temporary-folder.js'

/** A run that writes the records of a key 0, 1, 2, … to the files 0.ndjson, 1.ndjson, … */
export type OutputFamily = {
  readonly args: readonly string[]
  /** A record with this key, which the file then holds. */
  readonly record: (key: number) => string
}

/** Cases for the flags of output files. */
export const outputCases = ({ args, record }: OutputFamily): FlagCases => {
  const twice = async (t: ExecutionContext, words: readonly string[]) => {
    const cwd = makeFolder(t)
    writeFileSync(join(cwd, '0.ndjson'), 'before\n')
    return streamz(t, words, { stdin: `${record(0)}\n`, cwd })
  }
  const look = ({ cwd }: { readonly cwd: string }) => ({ file: readFileSync(join(cwd, '0.ndjson'), 'utf8') })
  return {
    '--append': {
      args,
      flag: ['--append'],
      run: twice,
      look,
      without: { file: 'before\n' },
      with: { exit: 0, file: `before\n${record(0)}\n` },
    },
    '--overwrite': {
      args,
      flag: ['--overwrite'],
      run: twice,
      look,
      without: { file: 'before\n' },
      with: { exit: 0, file: `${record(0)}\n` },
    },
    '--gzip': {
      args,
      flag: ['--gzip'],
      stdin: `${record(0)}\n`,
      look: ({ cwd }) => ({ packed: existsSync(join(cwd, '0.ndjson.gz')), plain: existsSync(join(cwd, '0.ndjson')) }),
      without: { exit: 0, packed: false, plain: true },
      with: { exit: 0, packed: true, plain: false },
    },
    '--max-open': {
      args,
      flag: ['--max-open', '2'],
      run: async (t, words) => {
        const { child, finished, cwd } = start(t, words)
        // More than is gathered before a file is written.
        const pad = ' '.repeat(20_000)
        for (const key of [0, 1, 2, 3]) child.stdin.write(`${record(key)}${pad}\n`)
        await until(t, 'four files', () => [0, 1, 2, 3].every(key => existsSync(join(cwd, `${key}.ndjson.part`))))
        writeFileSync(join(cwd, 'open'), String(countOpen(child.pid as number)))
        child.stdin.end()
        return finished
      },
      look: ({ cwd }) => ({ open: readFileSync(join(cwd, 'open'), 'utf8') }),
      without: { exit: 0, open: '4' },
      with: { exit: 0, open: '2' },
    },
  }
}

/** How many of what is written aside a process holds open. */
const countOpen = (pid: number): number =>
  readdirSync(`/proc/${pid}/fd`).filter(file => readLink(`/proc/${pid}/fd/${file}`).endsWith('.part')).length

const readLink = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch {
    // It was closed while we looked.
    return ''
  }
}
