import { define } from '../../../src/commands/throttle.js'
import { streamz } from '../../helpers/cli.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'
import { serverFlags } from '../../helpers/server-flags.js'

// One an hour: what does not pass at once does not pass while the test runs.
const hourly = ['--rate', '1/h']
const users = '{"user":"a","n":1}\n{"user":"b","n":2}\n{"user":"a","n":3}\n'

testOwnFlags('throttle', define(), {
  '--rate': {
    args: ['--mode', 'drop'],
    instead: ['--rate', '1000000/s', '--burst', '100'],
    // Both are kept, the last does not take the place of the first.
    flag: [...hourly, '--rate', '1000000/s burst 100'],
    stdin: '1\n2\n3\n',
    without: { out: '1\n2\n3\n', exit: 0 },
    with: { out: '1\n', exit: 0 },
  },
  '--burst': {
    args: [...hourly, '--mode', 'drop'],
    flag: ['--burst', '2'],
    stdin: '1\n2\n3\n',
    without: { out: '1\n' },
    with: { out: '1\n2\n' },
  },
  '--mode': {
    args: hourly,
    instead: ['--deadline', '1s'],
    flag: ['--mode', 'reject'],
    stdin: '1\n2\n',
    look: lookAtKinds,
    without: { out: '1\n', exit: 124, kinds: [] },
    with: { out: '1\n', exit: 1, kinds: ['throttled'] },
  },
  '--every': {
    args: ['--mode', 'first'],
    flag: ['--every', '1h'],
    stdin: '1\n2\n3\n',
    without: { out: '', exit: 2 },
    with: { out: '1\n', exit: 0 },
  },
  '--max-wait': {
    args: [...hourly, '--deadline', '2s'],
    flag: ['--max-wait', '10m'],
    stdin: '1\n2\n',
    look: lookAtKinds,
    without: { out: '1\n', exit: 124, kinds: [] },
    with: { out: '1\n', exit: 1, kinds: ['throttled'] },
  },
  '--key': {
    args: [...hourly, '--mode', 'drop'],
    flag: ['--key', '.user'],
    stdin: users,
    without: { out: '{"user":"a","n":1}\n' },
    with: { out: '{"user":"a","n":1}\n{"user":"b","n":2}\n' },
  },
  '--missing': {
    args: [...hourly, '--mode', 'drop', '--key', '.user'],
    flag: ['--missing', 'pass'],
    stdin: '{"n":1}\n{"user":"a","n":2}\n{"n":3}\n{"user":"a","n":4}\n',
    look: lookAtKinds,
    without: { out: '{"user":"a","n":2}\n', exit: 1, kinds: ['field', 'field'] },
    with: { out: '{"n":1}\n{"user":"a","n":2}\n{"n":3}\n', exit: 0, kinds: [] },
  },
  '--max-keys': {
    args: [...hourly, '--mode', 'drop', '--key', '.user'],
    flag: ['--max-keys', '1'],
    stdin: users,
    without: { out: '{"user":"a","n":1}\n{"user":"b","n":2}\n' },
    with: { out: users },
  },
  '--cost': {
    args: ['--rate', '4/h', '--burst', '4', '--mode', 'drop'],
    flag: ['--cost', '.n'],
    stdin: users,
    without: { out: users },
    with: { out: '{"user":"a","n":1}\n{"user":"b","n":2}\n' },
  },
  '--state': {
    args: [...hourly, '--mode', 'drop'],
    flag: ['--state', 'quota.json'],
    // The second of two runs is looked at.
    run: async (t, args) => {
      const { cwd } = await streamz(t, args, { stdin: '1\n' })
      return streamz(t, args, { stdin: '2\n', cwd })
    },
    without: { out: '2\n' },
    with: { out: '' },
  },
  ...serverFlags(['--state'], { args: hourly }),
})
