import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { findProgram } from '../../../src/calls/command/find-program.js'

const folder = () => {
  const root = mkdtempSync(join(tmpdir(), 'streamz-'))
  for (const name of ['first', 'second']) mkdirSync(join(root, name))
  const write = (path: string, mode: number) => {
    writeFileSync(join(root, path), '#!/bin/sh\n')
    chmodSync(join(root, path), mode)
  }
  write('first/plain', 0o644)
  write('first/tool', 0o755)
  write('second/tool', 0o755)
  write('first/hidden', 0o644)
  write('second/hidden', 0o755)
  mkdirSync(join(root, 'first/folder'))
  return { root, path: `${root}/nowhere:${root}/first:${root}/second` }
}

test('the first executable along PATH is found', t => {
  const { root, path } = folder()
  t.deepEqual(findProgram('tool', path), { state: 'found', path: `${root}/first/tool` })
  t.deepEqual(findProgram('hidden', path), { state: 'found', path: `${root}/second/hidden` })
})

test('a name with a slash is a path', t => {
  const { root, path } = folder()
  t.is(findProgram(`${root}/second/tool`, path).state, 'found')
  t.is(findProgram('first/tool', path).state, 'not found')
})

test('not found is 127, not executable 126', t => {
  const { root, path } = folder()
  t.deepEqual(findProgram('missing', path), { state: 'not found', exit: 127 })
  t.deepEqual(findProgram('', path), { state: 'not found', exit: 127 })
  t.deepEqual(findProgram('plain', path), { state: 'not executable', exit: 126, path: `${root}/first/plain` })
  t.like(findProgram('folder', path), { exit: 126 })
  t.like(findProgram(`${root}/first/folder`, path), { exit: 126 })
  t.like(findProgram(`${root}/first/tool/x`, path), { exit: 127 })
})

test('without PATH the usual folders are searched', t => {
  t.is(findProgram('sh').state, 'found')
  t.is(findProgram('sh', undefined).state, 'found')
})

test('an empty entry of PATH is the current folder', t => {
  t.is(findProgram('package.json', ':/nowhere').state, 'not executable')
})
