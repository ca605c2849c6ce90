import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { readChanges } from '../../../src/commands/breaker/timeline.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const change = (n: number, facts: object = {}) =>
  JSON.stringify({
    time: new Date(n).toISOString(),
    type: 'transition',
    breaker: 'api',
    from: 'closed',
    to: 'open',
    reason: { rule: 'fail_rate', by: 'here' },
    ...facts,
  })

const times = async (path: string) => (await readChanges(path)).map(({ time }) => Date.parse(time))

test('a torn last line, and lines that make no sense, are left out', async t => {
  const path = join(makeFolder(t), 'api.json')
  const lines = [
    '"half of a line"}',
    change(1),
    'null',
    change(2),
    '5',
    '{"type":"transition"}',
    change(3, { type: 'override' }),
    change(4, { type: 'late' }),
    change(5, { reason: null }),
    change(6, { reason: { rule: 1, by: 'here' } }),
    '{"time":"\xff"}',
    '',
    change(7),
    change(8).slice(0, -10),
  ]
  writeFileSync(`${path}.log`, lines.join('\n'), 'latin1')
  t.deepEqual(await times(path), [1, 2, 3, 7])
})

test('of a long log the end is read, from the first whole line', async t => {
  const path = join(makeFolder(t), 'api.json')
  const all = Array.from({ length: 5000 }, (_, n) => n + 1)
  writeFileSync(`${path}.log`, all.map(n => `${change(n)}\n`).join(''))
  const found = await times(path)
  t.true(found.length > 1000 && found.length < 2500, String(found.length))
  t.deepEqual(found, all.slice(-found.length))
})

test('no log, a folder and a link in its place mean no changes', async t => {
  const folder = makeFolder(t)
  t.deepEqual(await times(join(folder, 'none.json')), [])
  writeFileSync(join(folder, 'empty.json.log'), '')
  t.deepEqual(await times(join(folder, 'empty.json')), [])
  mkdirSync(join(folder, 'folder.json.log'))
  t.deepEqual(await times(join(folder, 'folder.json')), [])
  writeFileSync(join(folder, 'real'), `${change(1)}\n`)
  symlinkSync('real', join(folder, 'link.json.log'))
  t.deepEqual(await times(join(folder, 'link.json')), [])
})
