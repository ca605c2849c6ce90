import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { identifyFile } from '../../../src/cli/stream/identify-file.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

test('names of one file say the same, also before it exists; other files do not', t => {
  const folder = makeFolder(t)
  const path = (name: string) => join(folder, name)
  mkdirSync(path('sub'))
  writeFileSync(path('one'), '')
  writeFileSync(path('other'), '')
  linkSync(path('one'), path('hard'))
  symlinkSync('../one', path('sub/soft'))
  for (const name of ['hard', 'sub/soft', 'sub/../one'])
    t.deepEqual(identifyFile(path(name)), identifyFile(path('one')))
  t.notDeepEqual(identifyFile(path('other')), identifyFile(path('one')))
  symlinkSync('sub', path('linked'))
  symlinkSync('new', path('sub/to-new'))
  for (const name of ['linked/new', 'sub/to-new', 'linked/to-new', 'sub/./new'])
    t.deepEqual(identifyFile(path(name)), identifyFile(path('sub/new')), name)
  t.notDeepEqual(identifyFile(path('new')), identifyFile(path('sub/new')))
})

test('a pipe is one thing, a device and a folder may be used by several', t => {
  const folder = makeFolder(t)
  execFileSync('mkfifo', [join(folder, 'pipe')])
  t.is(identifyFile(join(folder, 'pipe')).length, 1)
  t.deepEqual(identifyFile('/dev/null'), [])
  t.deepEqual(identifyFile(folder), [])
  symlinkSync('loop', join(folder, 'loop'))
  t.deepEqual(identifyFile(join(folder, 'loop')), [])
})
