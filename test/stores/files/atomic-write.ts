import { execFileSync } from 'node:child_process'
import fs, { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import test from 'ava'
import { writeAtomically } from '../../../src/stores/files/atomic-write.js'
import { StoreError } from '../../../src/stores/store-error.js'
import { startInShell } from '../../helpers/fixture-process.js'
import { type ChangingCall, patchFs } from '../../helpers/patch-fs.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const fail = (code: string) => Object.assign(new Error(`${code}: injected`), { code })

for (const durable of [false, true]) {
  test.serial(`writes a new file and replaces an old one, durable ${durable}`, t => {
    const folder = makeFolder(t)
    const path = join(folder, 'state.json')
    for (const text of ['one', 'another', '', 'x'.repeat(1_000_000)]) {
      const stats = writeAtomically(path, Buffer.from(text), { durable })
      t.is(readFileSync(path, 'utf8'), text)
      t.is(stats?.size, text.length)
      t.is(stats?.ino, statSync(path).ino)
    }
    t.is(statSync(path).mode & 0o777, 0o600)
    t.deepEqual(readdirSync(folder), ['state.json'])
  })

  test.serial(`whichever call fails, the old file stays whole or the new one is there, durable ${durable}`, t => {
    const folder = makeFolder(t)
    const path = join(folder, 'state.json')
    let failed = true
    for (let last = 1; failed; last++) {
      writeFileSync(path, 'old')
      failed = false
      let calls = 0
      const restore = patchFs(() => {
        if (++calls === last) {
          failed = true
          throw fail('EIO')
        }
      })
      let error: unknown
      try {
        writeAtomically(path, Buffer.from('the new one'), { durable })
      } catch (thrown) {
        error = thrown
      } finally {
        restore()
      }
      if (!failed) {
        t.true(calls >= (durable ? 8 : 4))
        t.is(readFileSync(path, 'utf8'), 'the new one')
        break
      }
      const text = readFileSync(path, 'utf8')
      if (error === undefined) t.is(text, 'the new one')
      else {
        t.like(error, { name: 'StoreError', code: 'unwritable' })
        // After the rename only the sync of the folder can fail: the new file is there but not yet safe.
        t.true(text === 'old' || (durable && text === 'the new one'), `call ${last}: ${text}`)
      }
      t.deepEqual(readdirSync(folder), ['state.json'], `call ${last}`)
    }
  })
}

test.serial('short writes are continued', t => {
  const path = join(makeFolder(t), 'state.json')
  const bytes = Buffer.from('0123456789'.repeat(20))
  const { writeSync } = fs
  let calls = 0
  const patched = (descriptor: number, buffer: Buffer, offset: number, length: number) => {
    calls++
    return writeSync(descriptor, buffer, offset, Math.min(length, 7))
  }
  Object.assign(fs, { writeSync: patched })
  syncBuiltinESMExports()
  try {
    writeAtomically(path, bytes)
  } finally {
    Object.assign(fs, { writeSync })
    syncBuiltinESMExports()
  }
  t.is(calls, Math.ceil(bytes.length / 7))
  t.deepEqual(readFileSync(path), bytes)
})

for (const [title, write] of [
  ['that says it wrote more than it kept', (_: number, __: Buffer, ___: number, length: number) => length],
  ['that takes nothing', () => 0],
] as const) {
  test.serial(`a disk ${title} never gets its file over the good one`, t => {
    const folder = makeFolder(t)
    const path = join(folder, 'state.json')
    writeFileSync(path, 'old')
    const { writeSync } = fs
    Object.assign(fs, { writeSync: write })
    syncBuiltinESMExports()
    let error: unknown
    try {
      writeAtomically(path, Buffer.from('new'))
    } catch (thrown) {
      error = thrown
    } finally {
      Object.assign(fs, { writeSync })
      syncBuiltinESMExports()
    }
    t.like(error, { name: 'StoreError', code: 'full' })
    t.is(readFileSync(path, 'utf8'), 'old')
    t.deepEqual(readdirSync(folder), ['state.json'])
  })
}

for (const [code, expected] of [
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EROFS', 'unwritable'],
  ['EACCES', 'unwritable'],
] as const) {
  test.serial(`${code} is told as ${expected}, with its cause`, t => {
    const path = join(makeFolder(t), 'state.json')
    const restore = patchFs((name: ChangingCall) => {
      if (name === 'writeSync') throw fail(code)
    })
    let error: unknown
    try {
      writeAtomically(path, Buffer.from('new'))
    } catch (thrown) {
      error = thrown
    } finally {
      restore()
    }
    t.like(error, { name: 'StoreError', code: expected, cause: { code } })
  })
}

test.serial('a folder that cannot be synced does not fail a write that is there', t => {
  const path = join(makeFolder(t), 'state.json')
  let syncs = 0
  const restore = patchFs((name: ChangingCall) => {
    if (name === 'fsyncSync' && ++syncs === 2) throw fail('EINVAL')
  })
  try {
    writeAtomically(path, Buffer.from('new'), { durable: true })
  } finally {
    restore()
  }
  t.is(syncs, 2)
})

test.serial('a write that is no longer wanted is discarded', t => {
  const folder = makeFolder(t)
  const path = join(folder, 'state.json')
  writeFileSync(path, 'old')
  t.is(writeAtomically(path, Buffer.from('new'), { isStillWanted: () => false }), undefined)
  t.is(readFileSync(path, 'utf8'), 'old')
  t.deepEqual(readdirSync(folder), ['state.json'])
})

for (const [title, plant] of [
  ['a link', (path: string) => symlinkSync(`${path}-target`, path)],
  ['a folder', (path: string) => mkdirSync(path)],
  ['a named pipe', (path: string) => execFileSync('mkfifo', [path])],
] as const) {
  test.serial(`${title} is not replaced`, t => {
    const folder = makeFolder(t)
    const path = join(folder, 'state.json')
    plant(path)
    const error = t.throws(() => writeAtomically(path, Buffer.from('new')), { instanceOf: StoreError })
    t.like(error, { code: 'foreign' })
    t.regex(error.message, /use the path of a regular file/)
    t.deepEqual(readdirSync(folder), ['state.json'])
  })
}

test.serial('a real limit of the system leaves the old file and nothing else', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'state.json')
  writeFileSync(path, 'old')
  // 8 blocks of 512 bytes, or of 1,024 where the shell counts so: the write is cut short, the next one fails.
  const { output } = await startInShell('ulimit -f 8; exec "$0" "$@"', 'write-atomically', path, '100000').finished
  t.is(output, 'full\n')
  t.is(readFileSync(path, 'utf8'), 'old')
  t.deepEqual(readdirSync(folder), ['state.json'])
})
