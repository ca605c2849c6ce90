import { define } from '../../../src/commands/unbatch.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'

testOwnFlags('unbatch', define(), {
  '--items': {
    flag: ['--items'],
    stdin: '{"items":[1,{"a": 2}],"n":2}\n',
    look: lookAtKinds,
    without: { out: '', exit: 1, kinds: ['field'] },
    with: { out: '1\n{"a": 2}\n', exit: 0, kinds: [] },
  },
})
