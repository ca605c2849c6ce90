import { existsSync } from 'node:fs'
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
})
