import { define } from '../../../src/commands/filter.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'

const stdin = '{"a":1}\n{"a":2}\n{}\n'

testOwnFlags('filter', define(), {
  '--invert': {
    args: ['.a > 1'],
    flag: ['--invert'],
    stdin,
    without: { out: '{"a":2}\n', exit: 0 },
    with: { out: '{"a":1}\n{}\n', exit: 0 },
  },
  '--strict': {
    args: ['.a > 1'],
    flag: ['--strict'],
    stdin,
    look: lookAtKinds,
    without: { out: '{"a":2}\n', exit: 0, kinds: [] },
    with: { out: '{"a":2}\n', exit: 1, kinds: ['field'] },
  },
  '--js': {
    instead: ['.a'],
    flag: ['--js', 'r => r.a === 1'],
    stdin,
    without: { out: '{"a":1}\n{"a":2}\n', exit: 0 },
    with: { out: '{"a":1}\n', exit: 0 },
  },
})
