import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { unpark } from '../../../src/stores/dead-letters/unpark.js'
import { failure } from '../../helpers/dlq.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

test('parked entries are named by the beginning of their names; the others stay as they are', async t => {
  const path = join(makeFolder(t), 'f.ndjson')
  const names = ['abc1', 'abd2', 'xab3', 'abe4']
  writeFileSync(path, names.map(entry => failure({ entry })).join(''))
  const line = (entry: string, outcome: string) =>
    `${JSON.stringify({ entry, replays: 3, outcome, time: '2026-11-24T10:00:00.000Z' })}\n`
  // The last one waits.
  writeFileSync(
    `${path}.done`,
    names
      .slice(0, 3)
      .map(name => line(name, 'parked'))
      .join(''),
  )
  const call = (...ids: readonly string[]) =>
    unpark({ path, ids, maxLine: 1e6, fields: [], where: [], matches: () => true, warn: text => t.fail(text) })
  t.like(await call('abc1', 'q'), { unparked: 1 })
  t.like(await call('ab'), { unparked: 1, damaged: 0 })
  const outcomes = readFileSync(`${path}.done`, 'utf8')
    .trim()
    .split('\n')
    .map(text => JSON.parse(text))
    .filter(({ outcome }) => outcome === 'unparked')
  t.deepEqual(
    outcomes.map(({ entry, replays }) => [entry, replays]),
    [
      ['abc1', 0],
      ['abd2', 0],
    ],
  )
  t.like(await call(), { unparked: 1 })
})
