import { chmodSync, chownSync, lchownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { followLinks, resolveLink } from '../../../src/stores/files/resolve-link.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

test('a path that is not a link is not changed, whether the file exists or not', t => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'file'), '')
  for (const path of [
    join(folder, 'file'),
    join(folder, 'new'),
    join(folder, 'none/new'),
    folder,
    '/dev/null',
    'x',
    '',
  ])
    t.is(resolveLink(path), path)
})

test('links are followed to the end, also when nothing is there yet', t => {
  const folder = makeFolder(t)
  mkdirSync(join(folder, 'a/b'), { recursive: true })
  symlinkSync('../second', join(folder, 'a/first'))
  symlinkSync('a/b/../../third', join(folder, 'second'))
  t.is(resolveLink(join(folder, 'a/first')), join(folder, 'third'))
  writeFileSync(join(folder, 'third'), '')
  t.is(resolveLink(join(folder, 'a/first')), join(folder, 'third'))
  // `..` means the folder that a linked folder is in, not the one that the link is in.
  symlinkSync('a/b', join(folder, 'linked'))
  symlinkSync('../new', join(folder, 'a/b/link'))
  t.is(resolveLink(join(folder, 'linked/link')), join(folder, 'a/new'))
  t.is(followLinks(join(folder, 'linked/link')), join(folder, 'a/new'))
  t.deepEqual(readdirSync(folder).sort(), ['a', 'linked', 'second', 'third'])
})

test('a loop and a target without a path are refused', t => {
  const folder = makeFolder(t)
  symlinkSync('two', join(folder, 'one'))
  symlinkSync('one', join(folder, 'two'))
  t.throws(() => resolveLink(join(folder, 'one')), { code: 'foreign', message: /leads to itself/ })
  t.is(followLinks(join(folder, 'one')), undefined)
})

const asRoot = process.getuid?.() === 0 ? test : test.skip
asRoot('where everybody may write, only links of one’s own or of the folder’s owner are followed', t => {
  const folder = makeFolder(t)
  const link = join(folder, 'link')
  symlinkSync('target', link)
  chmodSync(folder, 0o1777)
  t.is(resolveLink(link), join(folder, 'target'))
  lchownSync(link, 1234, 1234)
  t.throws(() => resolveLink(link), { code: 'foreign', message: /another user/ })
  chownSync(folder, 1234, 1234)
  t.is(resolveLink(link), join(folder, 'target'))
  chownSync(folder, 0, 0)
  chmodSync(folder, 0o755)
  t.is(resolveLink(link), join(folder, 'target'))
})
