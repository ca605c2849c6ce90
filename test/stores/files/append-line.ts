import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { appendLine } from '../../../src/stores/files/append-line.js'
import { StoreError } from '../../../src/stores/store-error.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

test('lines are appended to a file for its owner only', t => {
  const path = join(makeFolder(t), 'log')
  appendLine(path, 'one', 100)
  appendLine(path, 'two', 100)
  t.is(readFileSync(path, 'utf8'), 'one\ntwo\n')
  t.is(statSync(path).mode & 0o777, 0o600)
})

test('a log that is full makes room for a new one, and the one before is gone', t => {
  const path = join(makeFolder(t), 'log')
  for (const line of ['one', 'two', 'three', 'four', 'five']) appendLine(path, line, 8)
  t.is(readFileSync(path, 'utf8'), 'five\n')
  t.is(readFileSync(`${path}.1`, 'utf8'), 'three\nfour\n')
})

test('while another one rotates, the line is appended all the same', t => {
  const path = join(makeFolder(t), 'log')
  appendLine(path, 'one', 1)
  writeFileSync(`${path}.lock`, '')
  appendLine(path, 'two', 1)
  t.is(readFileSync(path, 'utf8'), 'one\ntwo\n')
})

test('a planted link or folder is refused, and its target is not changed', t => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'mine'), 'precious')
  symlinkSync('mine', join(folder, 'link'))
  mkdirSync(join(folder, 'folder'))
  for (const name of ['link', 'folder', 'none/log']) {
    t.throws(() => appendLine(join(folder, name), 'one', 100), { instanceOf: StoreError })
  }
  t.is(readFileSync(join(folder, 'mine'), 'utf8'), 'precious')
})

test('half a line that a full disk has left is never glued to the next', t => {
  const path = join(makeFolder(t), 'log')
  writeFileSync(path, '{"whole":1}\n{"torn":')
  appendLine(path, '{"next":2}', 1000)
  appendLine(path, '{"last":3}', 1000)
  t.is(readFileSync(path, 'utf8'), '{"whole":1}\n{"torn":\n{"next":2}\n{"last":3}\n')
})
