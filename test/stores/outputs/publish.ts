import { fstatSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Part } from '../../../src/stores/outputs/part.js'
import { publishParts } from '../../../src/stores/outputs/publish.js'
import { patchFs } from '../../helpers/patch-fs.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

test.serial('files get their names once all are synced, then each folder is synced once', async t => {
  const root = makeFolder(t)
  const happened: string[] = []
  const make = (folder: string, name: string, fails?: 'sync' | 'publish'): Part => {
    mkdirSync(join(root, folder), { recursive: true })
    const path = join(root, folder, name)
    writeFileSync(path, 'x')
    return {
      path,
      reopen() {
        happened.push(`reopen ${name}`)
        if (fails === 'sync') throw Object.assign(new Error('no'), { code: 'EIO' })
        return openSync(path, 'r')
      },
      publish() {
        happened.push(`publish ${name}`)
        if (fails === 'publish') throw Object.assign(new Error('no'), { code: 'EACCES' })
      },
    } as unknown as Part
  }
  const parts = [make('a', '1'), make('a', '2'), make('b', '3', 'sync'), make('c', '4', 'publish'), make('d', '5')]
  const restore = patchFs((name, [file]) => {
    if (name === 'fsyncSync' && fstatSync(Number(file)).isDirectory()) happened.push('folder')
  })
  let failed: Awaited<ReturnType<typeof publishParts>>
  try {
    failed = await publishParts(parts, 2)
  } finally {
    restore()
  }
  // Those that are synced together are given their names as they come.
  t.deepEqual(
    [...happened.slice(0, 5), ...happened.slice(5, 9).toSorted(), ...happened.slice(9)],
    [
      ...['reopen 1', 'reopen 2', 'reopen 3', 'reopen 4', 'reopen 5'],
      ...['publish 1', 'publish 2', 'publish 4', 'publish 5'],
      ...['folder', 'folder'],
    ],
  )
  t.deepEqual(
    failed.map(({ path }) => path),
    [join(root, 'b', '3'), join(root, 'c', '4')],
  )
})
