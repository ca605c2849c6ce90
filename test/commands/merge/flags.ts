import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { define } from '../../../src/commands/merge.js'
import { streamz } from '../../helpers/cli.js'
import { testOwnFlags } from '../../helpers/flags.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

testOwnFlags('merge', define(), {
  '--sorted-by': {
    args: ['a', 'b'],
    flag: ['--sorted-by', '.'],
    run(t, args) {
      const cwd = makeFolder(t)
      writeFileSync(join(cwd, 'a'), '2\n4\n')
      writeFileSync(join(cwd, 'b'), '1\n3\n')
      return streamz(t, args, { cwd })
    },
    // Whole files, in any order.
    without: { exit: 0 },
    with: { out: '1\n2\n3\n4\n', exit: 0 },
  },
})
