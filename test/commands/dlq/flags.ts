import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { define } from '../../../src/commands/dlq.js'
import { testOwnFlags } from '../../helpers/flags.js'

testOwnFlags('dlq', define(), {
  '--to': {
    flag: ['--to', 'failed.ndjson'],
    stdin: '{"$streamz":"error/1","id":"1","record":1}\n2\n',
    look: ({ cwd }) => {
      const file = join(cwd, 'failed.ndjson')
      return { kept: existsSync(file) ? readFileSync(file, 'utf8').replace(/"entry":"[\w-]*",/, '') : undefined }
    },
    without: { out: '', exit: 2, kept: undefined },
    with: { out: '2\n', exit: 1, kept: '{"$streamz":"error/1","id":"1","record":1}\n' },
  },
  '--route': {
    args: ['--to', 'failed.ndjson'],
    flag: ['--route', 'kind=timeout:slow.ndjson'],
    stdin: '{"$streamz":"error/1","error":{"kind":"timeout"},"record":1}\n',
    look: ({ cwd }) => ({ isSlow: existsSync(join(cwd, 'slow.ndjson')) }),
    without: { exit: 1, isSlow: false },
    with: { exit: 1, isSlow: true },
  },
})
