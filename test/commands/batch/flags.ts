import type { ExecutionContext } from 'ava'
import { define } from '../../../src/commands/batch.js'
import { type Result, start } from '../../helpers/cli.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'

const many = ['--size', '100']
const users = '{"user":"a","n":1}\n{"user":"b","n":2}\n{"user":"a","n":3}\n'

/** Two records; the second comes when the first has left, or at once when it is not going to. */
const inTwoParts = async (t: ExecutionContext, args: readonly string[]): Promise<Result> => {
  const { child, finished } = start(t, args)
  child.stdin.write('1\n')
  if (args.includes('--within')) await new Promise(seen => child.stdout.once('data', seen))
  child.stdin.end('2\n')
  return finished
}

testOwnFlags('batch', define(), {
  '--size': {
    instead: ['--bytes', '1KiB'],
    flag: ['--size', '2'],
    stdin: '1\n2\n3\n',
    without: { out: '[1,2,3]\n' },
    with: { out: '[1,2]\n[3]\n' },
  },
  '--bytes': {
    args: many,
    flag: ['--bytes', '5'],
    stdin: '1\n2\n3\n',
    without: { out: '[1,2,3]\n' },
    with: { out: '[1,2]\n[3]\n' },
  },
  '--within': {
    args: many,
    flag: ['--within', '5ms'],
    run: inTwoParts,
    without: { out: '[1,2]\n' },
    with: { out: '[1]\n[2]\n' },
  },
  '--until': {
    args: many,
    flag: ['--until', '.user=b'],
    stdin: users,
    without: { out: '[{"user":"a","n":1},{"user":"b","n":2},{"user":"a","n":3}]\n' },
    with: { out: '[{"user":"a","n":1},{"user":"b","n":2}]\n[{"user":"a","n":3}]\n' },
  },
  '--key': {
    args: many,
    flag: ['--key', '.user'],
    stdin: users,
    without: { out: '[{"user":"a","n":1},{"user":"b","n":2},{"user":"a","n":3}]\n' },
    with: { out: '[{"user":"a","n":1},{"user":"a","n":3}]\n[{"user":"b","n":2}]\n' },
  },
  '--missing': {
    args: [...many, '--key', '.user'],
    flag: ['--missing', 'pass'],
    stdin: '{"user":"a"}\n{"n":2}\n{"user":"a","n":3}\n',
    look: lookAtKinds,
    without: { out: '[{"user":"a"},{"user":"a","n":3}]\n', exit: 1, kinds: ['field'] },
    with: { out: '{"n":2}\n[{"user":"a"},{"user":"a","n":3}]\n', exit: 0, kinds: [] },
  },
  '--max-keys': {
    args: [...many, '--key', '.user'],
    flag: ['--max-keys', '1'],
    stdin: users,
    without: { out: '[{"user":"a","n":1},{"user":"a","n":3}]\n[{"user":"b","n":2}]\n' },
    with: { out: '[{"user":"a","n":1}]\n[{"user":"b","n":2}]\n[{"user":"a","n":3}]\n' },
  },
  '--envelope': {
    args: ['--size', '2'],
    flag: ['--envelope'],
    stdin: '1\n2\n3\n',
    without: { out: '[1,2]\n[3]\n' },
    with: {
      out: '{"items":[1,2],"n":2,"why":"size","first":1,"last":2}\n{"items":[3],"n":1,"why":"end","first":3,"last":3}\n',
    },
  },
})
