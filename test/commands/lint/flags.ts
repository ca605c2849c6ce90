// biome-ignore-all lint/suspicious/noTemplateCurlyInString: job files hold ${name}
import { define } from '../../../src/commands/lint.js'
import { streamz } from '../../helpers/cli.js'
import { testOwnFlags } from '../../helpers/flags.js'
import { makeFiles } from '../../helpers/job.js'

testOwnFlags('lint', define(), {
  '--set': {
    args: ['job.yaml'],
    flag: ['--set', 'n=2'],
    run: (t, args) =>
      streamz(t, args, {
        cwd: makeFiles(t, { 'job.yaml': 'vars: {n: {required: true}}\nsteps:\n  - skip: {count: "${n}"}\n' }),
      }),
    without: { out: '', exit: 2 },
    with: { out: 'job.yaml: 1 step, 0 hosts, 0 secrets\n', exit: 0 },
  },
  '--schema': {
    flag: ['--schema'],
    look: ({ stdout }) => ({ isSchema: String(stdout).startsWith('{\n  "$schema"') }),
    without: { exit: 2, isSchema: false },
    with: { exit: 0, isSchema: true },
  },
})
