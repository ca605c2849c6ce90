// biome-ignore-all lint/suspicious/noTemplateCurlyInString: job files hold ${name}
import { define } from '../../../src/commands/explain.js'
import { streamz } from '../../helpers/cli.js'
import { testOwnFlags } from '../../helpers/flags.js'
import { makeFiles } from '../../helpers/job.js'

const job = 'vars: {n: {default: 1}}\nsteps:\n  - skip: {count: "${n}"}\n'

testOwnFlags('explain', define(), {
  '--set': {
    args: ['job.yaml'],
    flag: ['--set', 'n=2'],
    run: (t, args) => streamz(t, args, { cwd: makeFiles(t, { 'job.yaml': job }) }),
    without: { out: 'set -o pipefail\nexport n=1\nstreamz skip 1 --stage skip\n', exit: 0 },
    with: { out: 'set -o pipefail\nexport n=2\nstreamz skip 2 --stage skip\n', exit: 0 },
  },
})
