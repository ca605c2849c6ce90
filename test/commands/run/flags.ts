// biome-ignore-all lint/suspicious/noTemplateCurlyInString: job files hold ${name}
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { define } from '../../../src/commands/run.js'
import { streamz } from '../../helpers/cli.js'
import { type FlagCase, testOwnFlags } from '../../helpers/flags.js'
import { makeFiles } from '../../helpers/job.js'

const job = `vars: {n: {default: 1}}
output: out
steps:
  - skip: {count: "\${n}"}
`

const runWith = (stdin: string) => (t: ExecutionContext, args: readonly string[]) => {
  const cwd = makeFiles(t, {
    'job.yaml': job,
    'failing.yaml': 'steps:\n  - map: {js: "r => null.x"}\ndlq: failed\nmax-fail: 0\n',
  })
  mkdirSync(join(cwd, 'other'))
  return streamz(t, args, { cwd, stdin })
}

/** Runs the job once before: then its journal is there. */
const journalled = (flag: string) =>
  ({
    args: ['job.yaml'],
    flag: [flag],
    async run(t, args) {
      const cwd = makeFiles(t, { 'job.yaml': 'steps:\n  - map: {journal: j, command: [cat]}\n' })
      await streamz(t, ['run', 'job.yaml'], { cwd, stdin: '1\n' })
      return streamz(t, args, { cwd, stdin: '1\n' })
    },
    without: { out: '', exit: 2 },
    with: { out: '1\n', exit: 0 },
  }) satisfies FlagCase

const drawing = {
  run: runWith('1\n2\n'),
  look: ({ stderr }) => ({ isDrawn: stderr.includes('\r') }),
} satisfies Partial<FlagCase>

testOwnFlags('run', define(), {
  '--set': {
    args: ['job.yaml'],
    flag: ['--set', 'n=x'],
    run: runWith('1\n2\n'),
    without: { exit: 0 },
    with: { exit: 2 },
  },
  '--cwd': {
    args: ['job.yaml'],
    flag: ['--cwd', 'other'],
    run: runWith('1\n2\n'),
    look: ({ cwd }) => ({ beside: existsSync(join(cwd, 'out')), other: existsSync(join(cwd, 'other/out')) }),
    without: { exit: 0, beside: true, other: false },
    with: { exit: 0, beside: false, other: true },
  },
  '--dry-run': {
    args: ['job.yaml'],
    flag: ['--dry-run'],
    run: runWith('1\n2\n'),
    look: ({ cwd }) => ({ isWritten: existsSync(join(cwd, 'out')) }),
    without: { out: '', isWritten: true },
    with: { out: 'reads: standard input\nsteps: skip\nwrites: out\n', isWritten: false },
  },
  '--resume': journalled('--resume'),
  '--resume-anyway': journalled('--resume-anyway'),
  '--resume-failed': journalled('--resume-failed'),
  '--progress': {
    ...drawing,
    args: ['job.yaml', '--no-progress'],
    flag: ['--progress'],
    without: { isDrawn: false },
    with: { isDrawn: true },
  },
  '--no-progress': {
    ...drawing,
    args: ['job.yaml', '--progress'],
    flag: ['--no-progress'],
    without: { isDrawn: true },
    with: { isDrawn: false },
  },
  '--color': {
    args: ['failing.yaml'],
    flag: ['--color', 'always'],
    run: runWith('1\n'),
    look: ({ stderr }) => ({ isRed: stderr.includes('\u001b[') }),
    without: { isRed: false },
    with: { isRed: true },
  },
  '--quiet': {
    args: ['failing.yaml'],
    flag: ['--quiet'],
    run: runWith('1\n'),
    look: ({ stderr }) => ({ isSaid: stderr.includes('1 of 1 records failed') }),
    without: { exit: 65, isSaid: true },
    with: { exit: 65, isSaid: false },
  },
})
