import { define } from '../../../src/commands/flatten.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'

testOwnFlags('flatten', define(), {
  '--keep': {
    args: ['.items'],
    flag: ['--keep'],
    stdin: '{"n": 1,"items":[1, {"a":2.0}]}\n',
    without: { out: '1\n{"a":2.0}\n', exit: 0 },
    with: { out: '{"n": 1,"items":1}\n{"n": 1,"items":{"a":2.0}}\n', exit: 0 },
  },
  '--empty': {
    args: ['.items'],
    flag: ['--empty', 'pass'],
    stdin: '{"items":[1]}\n{"items": [ ]}\n',
    without: { out: '1\n', exit: 0 },
    with: { out: '1\n{"items": [ ]}\n', exit: 0 },
  },
  '--missing': {
    args: ['.items'],
    flag: ['--missing', 'drop'],
    stdin: '{}\n{"items":null}\n{"items":[1]}\n',
    look: lookAtKinds,
    without: { out: '1\n', exit: 1, kinds: ['field', 'field'] },
    with: { out: '1\n', exit: 0, kinds: [] },
  },
})
