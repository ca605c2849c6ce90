import { define } from '../../../src/commands/take.js'
import { testOwnFlags } from '../../helpers/flags.js'

testOwnFlags('take', define(), {
  '--last': {
    args: ['1'],
    flag: ['--last'],
    stdin: '1\n2\n3\n',
    without: { out: '1\n', exit: 0 },
    with: { out: '3\n', exit: 0 },
  },
  '--max-bytes': {
    args: ['--last', '2'],
    flag: ['--max-bytes', '15'],
    stdin: '"1234567"\n"1234567"\n"1234567"\n',
    without: { out: '"1234567"\n"1234567"\n', exit: 0 },
    with: { out: '', exit: 74 },
  },
})
