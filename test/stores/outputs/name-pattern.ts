import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { createNamePattern } from '../../../src/stores/outputs/name-pattern.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const values = '[a-z]+'

test('a name is filled in wherever the placeholder stands', t => {
  const { fill, isHere } = createNamePattern('a/{key}/x-{key}.ndjson', '{key}', values)
  t.is(fill('$&'), 'a/$&/x-$&.ndjson')
  t.false(isHere)
  t.true(createNamePattern('{key}.ndjson', '{key}', values).isHere)
})

test('a path fits however it is written, and nothing else does', t => {
  const { fits } = createNamePattern('part/{key}.ndjson', '{key}', values)
  for (const path of ['part/a.ndjson', './part/../part/abc.ndjson']) t.true(fits(path), path)
  for (const path of ['part/A.ndjson', 'part/axndjson', 'part/a.ndjson.part', 'a.ndjson', 'part/a/b.ndjson']) {
    t.false(fits(path), path)
  }
})

test('files that are there are listed, with something behind their names, in folders too', t => {
  const folder = makeFolder(t)
  for (const name of ['b', 'a']) {
    mkdirSync(join(folder, name))
    for (const file of ['x-a.ndjson', 'x-a.ndjson.part', 'y.ndjson']) writeFileSync(join(folder, name, file), '')
  }
  const { list } = createNamePattern(join(folder, '{key}/x-{key}.ndjson'), '{key}', values)
  t.deepEqual(list(''), [join(folder, 'a/x-a.ndjson'), join(folder, 'b/x-a.ndjson')])
  t.deepEqual(list('.part'), [join(folder, 'a/x-a.ndjson.part'), join(folder, 'b/x-a.ndjson.part')])
  t.deepEqual(createNamePattern(join(folder, 'none/{key}'), '{key}', values).list(''), [])
})
