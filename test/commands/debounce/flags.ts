import type { ExecutionContext } from 'ava'
import { define } from '../../../src/commands/debounce.js'
import { type Result, start } from '../../helpers/cli.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'

const stdin = '{"k":1}\n{"k":2}\n{"k":1,"n":2}\n'

/** Two records; the second comes when the first has left, or at once when it is not going to. */
const inTwoParts = async (t: ExecutionContext, args: readonly string[]): Promise<Result> => {
  const { child, finished } = start(t, args)
  child.stdin.write('1\n')
  if (args.includes('--max-wait')) await new Promise(seen => child.stdout.once('data', seen))
  child.stdin.end('2\n')
  return finished
}

testOwnFlags('debounce', define(), {
  '--key': {
    args: ['1h'],
    flag: ['--key', '.k'],
    stdin,
    without: { out: '{"k":1,"n":2}\n' },
    with: { out: '{"k":2}\n{"k":1,"n":2}\n' },
  },
  '--missing': {
    args: ['1h', '--key', '.n'],
    flag: ['--missing', 'pass'],
    stdin,
    look: lookAtKinds,
    without: { out: '{"k":1,"n":2}\n', exit: 1, kinds: ['field', 'field'] },
    with: { out: '{"k":1}\n{"k":2}\n{"k":1,"n":2}\n', exit: 0, kinds: [] },
  },
  '--max-keys': {
    args: ['1h', '--key', '.k'],
    flag: ['--max-keys', '1'],
    stdin,
    without: { out: '{"k":2}\n{"k":1,"n":2}\n' },
    with: { out: '{"k":1}\n{"k":2}\n{"k":1,"n":2}\n' },
  },
  '--max-wait': {
    args: ['1h'],
    flag: ['--max-wait', '5ms'],
    run: inTwoParts,
    without: { out: '2\n' },
    with: { out: '1\n2\n' },
  },
})
