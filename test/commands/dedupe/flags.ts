import type { ExecutionContext } from 'ava'
import { define } from '../../../src/commands/dedupe.js'
import { type Result, start, streamz } from '../../helpers/cli.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'

const stdin = '{"k":1}\n{"k":1,"n":2}\n{"k":2}\n{"k":1}\n'

/** The same record twice; the second comes when the first has left. */
const twice = async (t: ExecutionContext, args: readonly string[]): Promise<Result> => {
  const { child, finished } = start(t, args)
  child.stdin.write('1\n')
  await new Promise(seen => child.stdout.once('data', seen))
  child.stdin.end('1\n')
  return finished
}

testOwnFlags('dedupe', define(), {
  '--key': {
    flag: ['--key', '.k'],
    stdin,
    without: { out: '{"k":1}\n{"k":1,"n":2}\n{"k":2}\n' },
    with: { out: '{"k":1}\n{"k":2}\n' },
  },
  '--missing': {
    args: ['--key', '.n'],
    flag: ['--missing', 'drop'],
    stdin,
    look: lookAtKinds,
    without: { out: '{"k":1,"n":2}\n', exit: 1, kinds: ['field', 'field', 'field'] },
    with: { out: '{"k":1,"n":2}\n', exit: 0, kinds: [] },
  },
  '--changes': {
    args: ['--key', '.k'],
    flag: ['--changes'],
    stdin,
    without: { out: '{"k":1}\n{"k":2}\n' },
    with: { out: '{"k":1}\n{"k":2}\n{"k":1}\n' },
  },
  '--ttl': {
    flag: ['--ttl', '0'],
    run: twice,
    without: { out: '1\n' },
    with: { out: '1\n1\n' },
  },
  '--state': {
    flag: ['--state', 'seen.keys'],
    async run(t, args) {
      const { cwd } = await streamz(t, args, { stdin: '1\n' })
      return streamz(t, args, { cwd, stdin: '1\n2\n' })
    },
    without: { out: '1\n2\n' },
    with: { out: '2\n' },
  },
  '--max-keys': {
    flag: ['--max-keys', '1'],
    stdin: '1\n2\n1\n',
    without: { out: '1\n2\n' },
    with: { out: '1\n2\n1\n' },
  },
})
