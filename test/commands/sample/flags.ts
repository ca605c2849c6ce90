import { define } from '../../../src/commands/sample.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'

const stdin = Array.from({ length: 20 }, (_, n) => `{"user":${n % 2},"n":${n}}\n`).join('')

testOwnFlags('sample', define(), {
  '--key': {
    args: ['50%', '--seed', '6'],
    flag: ['--key', '.user'],
    stdin,
    look: ({ stdout }) => ({ users: new Set(String(stdout).match(/"user":\d/g)).size }),
    without: { users: 2 },
    with: { users: 1 },
  },
  '--missing': {
    args: ['100%', '--key', '.user'],
    flag: ['--missing', 'drop'],
    stdin: '{"user":1}\n{}\n',
    look: lookAtKinds,
    without: { out: '{"user":1}\n', exit: 1, kinds: ['field'] },
    with: { out: '{"user":1}\n', exit: 0, kinds: [] },
  },
  '--seed': {
    args: ['3'],
    instead: ['--seed', '1'],
    flag: ['--seed', '2'],
    stdin,
    without: { exit: 0 },
    with: { exit: 0 },
  },
  '--max-bytes': {
    args: ['3'],
    flag: ['--max-bytes', '20'],
    stdin: '"1234567"\n"1234567"\n"1234567"\n',
    without: { out: '"1234567"\n"1234567"\n"1234567"\n', exit: 0 },
    with: { out: '', exit: 74 },
  },
})
