import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { define } from '../../../src/commands/route.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'
import { outputCases } from '../../helpers/output-flags.js'

const stdin = '{"n":1}\n{"n":2}\n{"n":3}\n'
const readOr = (cwd: string, file: string) =>
  existsSync(join(cwd, file)) ? readFileSync(join(cwd, file), 'utf8') : 'none'

testOwnFlags('route', define(), {
  '--to': {
    args: ['small=.n < 3'],
    flag: ['--to', 'small=there.ndjson'],
    stdin,
    look: ({ cwd }) => ({ here: readOr(cwd, 'small.ndjson'), there: readOr(cwd, 'there.ndjson') }),
    without: { out: '{"n":3}\n', exit: 0, here: '{"n":1}\n{"n":2}\n', there: 'none' },
    with: { out: '{"n":3}\n', exit: 0, here: 'none', there: '{"n":1}\n{"n":2}\n' },
  },
  '--all': {
    args: ['small=.n < 3', 'odd=.n in [1, 3]'],
    flag: ['--all'],
    stdin,
    look: ({ cwd }) => ({ small: readOr(cwd, 'small.ndjson'), odd: readOr(cwd, 'odd.ndjson') }),
    without: { exit: 0, small: '{"n":1}\n{"n":2}\n', odd: '{"n":3}\n' },
    with: { exit: 0, small: '{"n":1}\n{"n":2}\n', odd: '{"n":1}\n{"n":3}\n' },
  },
  '--unmatched': {
    args: ['small=.n < 3'],
    flag: ['--unmatched', 'fail'],
    stdin,
    look: lookAtKinds,
    without: { out: '{"n":3}\n', exit: 0, kinds: [] },
    with: { out: '', exit: 1, kinds: ['unmatched'] },
  },
  ...outputCases({
    args: [0, 1, 2, 3].flatMap(key => [`r${key}=.k == ${key}`, '--to', `r${key}=${key}.ndjson`]),
    record: key => `{"k":${key}}`,
  }),
})
