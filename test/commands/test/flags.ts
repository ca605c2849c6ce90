import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { define } from '../../../src/commands/test.js'
import { streamz } from '../../helpers/cli.js'
import { testOwnFlags } from '../../helpers/flags.js'
import { makeFiles } from '../../helpers/job.js'

const suite = `job: job.yaml
tests:
  - name: passes
    input: ['1', '2']
    expect: {output: ['2']}
`

testOwnFlags('test', define(), {
  '--junit': {
    args: ['job.test.yaml'],
    flag: ['--junit', 'report.xml'],
    run: (t, args) =>
      streamz(t, args, { cwd: makeFiles(t, { 'job.yaml': 'steps:\n  - skip: {count: 1}\n', 'job.test.yaml': suite }) }),
    look: ({ cwd }) => ({ isThere: existsSync(join(cwd, 'report.xml')) }),
    without: { exit: 0, isThere: false },
    with: { exit: 0, isThere: true },
  },
  '--update': {
    args: ['job.test.yaml'],
    flag: ['--update'],
    run: (t, args) =>
      streamz(t, args, {
        cwd: makeFiles(t, {
          'job.yaml': 'steps:\n  - skip: {count: 1}\n',
          'job.test.yaml': suite.replace("output: ['2']}", "output: ['1']} # why"),
        }),
      }),
    look: ({ cwd }) => ({ line: /output.*/.exec(readFileSync(join(cwd, 'job.test.yaml'), 'utf8'))?.[0] }),
    without: { exit: 1, line: "output: ['1']} # why" },
    with: { exit: 0, line: "output: ['2']} # why" },
  },
})
