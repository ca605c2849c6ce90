import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { realClock } from '../../../src/core/clock.js'
import { tidy } from '../../../src/stores/dead-letters/compact.js'
import { failure } from '../../helpers/dlq.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

test('of the journal the last line of each entry that is left is kept, unless it says that the entry is as new', async t => {
  const path = join(makeFolder(t), 'f.ndjson')
  const entries = ['a', 'b', 'c', 'd'].map(entry => failure({ entry }))
  writeFileSync(path, entries.join(''))
  const line = (entry: string, replays: number, outcome: string) =>
    `${JSON.stringify({ entry, replays, outcome, time: '2026-11-24T10:00:00.000Z' })}\n`
  const lines = [
    line('a', 3, 'parked'),
    line('b', 1, 'charged'),
    line('a', 0, 'unparked'),
    line('c', 0, 'done'),
    line('b', 3, 'parked'),
    line('gone', 0, 'done'),
  ]
  writeFileSync(`${path}.done`, lines.join(''))
  const told = await tidy({ path, clock: realClock, fields: [], drop: state => state === 'done' })
  t.like(told, { kept: 3, dropped: 1, damaged: 0 })
  t.is(readFileSync(path, 'utf8'), [entries[0], entries[1], entries[3]].join(''))
  t.is(readFileSync(`${path}.done`, 'utf8'), line('b', 3, 'parked'))
})
