import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { define } from '../../../src/commands/partition.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'
import { outputCases } from '../../helpers/output-flags.js'

const users = '{"user":"a","n":1}\n{"user":"b","n":2}\n{"user":"a","n":3}\n'
const list = (cwd: string) => readdirSync(cwd, { recursive: true }).map(String).toSorted()
const lookAtFiles = ({ cwd }: { readonly cwd: string }) => ({ files: list(cwd) })

testOwnFlags('partition', define(), {
  '--key': {
    args: ['2'],
    flag: ['--key', '.user'],
    stdin: '{"user":"a"}\n{"user":"b"}\n{"user":"b"}\n',
    look: ({ cwd }) => ({ first: readFileSync(join(cwd, 'part-0.ndjson'), 'utf8') }),
    without: { exit: 0, first: '{"user":"a"}\n{"user":"b"}\n' },
    with: { exit: 0, first: '{"user":"a"}\n' },
  },
  '--out': {
    args: ['--key', '.user'],
    flag: ['--out', '{key}/users.ndjson'],
    stdin: users,
    look: lookAtFiles,
    without: { exit: 0, files: ['part', 'part/a.ndjson', 'part/b.ndjson'] },
    with: { exit: 0, files: ['a', 'a/users.ndjson', 'b', 'b/users.ndjson'] },
  },
  '--only': {
    args: ['2'],
    flag: ['--only', '1'],
    stdin: users,
    look: ({ cwd }) => ({ file: existsSync(join(cwd, 'part-1.ndjson')) }),
    without: { out: '', exit: 0, file: true },
    with: { out: '{"user":"b","n":2}\n', exit: 0, file: false },
  },
  '--max-keys': {
    args: ['--key', '.user'],
    flag: ['--max-keys', '1'],
    stdin: users,
    look: result => ({ ...lookAtKinds(result), ...lookAtFiles(result) }),
    without: { exit: 0, kinds: [], files: ['part', 'part/a.ndjson', 'part/b.ndjson'] },
    with: { exit: 1, kinds: ['unmatched'], files: ['part', 'part/a.ndjson'] },
  },
  '--missing': {
    args: ['--key', '.user'],
    flag: ['--missing', 'pass'],
    stdin: '{"n":1}\n',
    look: lookAtKinds,
    without: { out: '', exit: 1, kinds: ['field'] },
    with: { out: '{"n":1}\n', exit: 0, kinds: [] },
  },
  ...outputCases({ args: ['--key', '.k', '--out', '{key}.ndjson'], record: key => `{"k":${key}}` }),
})
