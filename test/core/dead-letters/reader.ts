import test from 'ava'
import { createFakeClock } from '../../../src/core/clock.js'
import { createDeadLetterReader, cutRecord, findEntryName } from '../../../src/core/dead-letters/reader.js'
import { resetReplays, updateDeadLetter, updateFields } from '../../../src/core/dead-letters/update.js'
import { createEnvelope } from '../../../src/core/envelope.js'
import { Failure } from '../../../src/core/failure.js'
import { failure } from '../../helpers/dlq.js'
import fc from '../../helpers/fast-check.js'

const reader = createDeadLetterReader(updateFields)
const read = (line: string | Buffer): boolean => reader.read(Buffer.from(line), 0, Buffer.from(line).length)
const nameOf = () => reader.entryBytes.toString('latin1', reader.entryStart, reader.entryEnd)

const envelope = createEnvelope({
  stage: { command: 'map', name: undefined },
  host: 'here',
  pid: 1,
  clock: createFakeClock(),
  id: () => 'one',
})

test('any line comes back byte for byte, also after updates', t => {
  const bytes = fc.oneof(
    fc.json().map(text => Buffer.from(text.replaceAll('\n', ' '))),
    fc.string({ unit: 'binary' }).map(text => Buffer.from(text.replaceAll('\n', ' '))),
    fc.uint8Array().map(array => Buffer.from(array.filter(byte => byte !== 10))),
  )
  fc.assert(
    fc.property(bytes, fc.nat(3), (content, updates) => {
      const line = Buffer.concat([content, Buffer.from('\n')])
      let entry = envelope({
        line: { bytes: line, number: 1, file: undefined },
        failure: new Failure('exit', 'permanent', 'Exited'),
      })
      for (let round = 1; round <= updates; round++) {
        t.true(reader.read(entry, 0, entry.length))
        const next = {
          failure: new Failure('timeout', 'transient', 'Late'),
          attempts: undefined,
          replays: round,
          now: 0,
        }
        entry = updateDeadLetter(reader, entry, next)
      }
      t.true(reader.read(entry, 0, entry.length))
      // White space around a JSON value is not kept.
      const wanted = reader.start('record') === -1 ? line.toString('latin1') : `${line.toString('latin1').trim()}\n`
      t.is(reader.record()?.toString('latin1'), wanted)
    }),
  )
})

test('a record is cut out by its place as it is when the line is read again, or has no place', t => {
  const made = [
    failure({ record: '{"a":1.0, "b" : 12345678901234567890}' }),
    failure({ record: '"text"', raw_input: true }),
    failure({ record: '{"record":{"record":1}}', entry: 'abc' }),
    failure({ record: '[]' }).replace('"record":[]}', '"record":1,"record":[2]}'),
  ]
  const unusual = [
    failure({ raw: 'no JSON' }),
    failure({ record: '1' }).replace('"record":', '"record" : '),
    failure({ record: '1' }).replace('"record":1}', '"record":1} '),
    failure({ record: '1' }).replace('"record":1}', '"record":1,"more":2}'),
    failure({ record: '{"bytes":9}', kind: 'too_long' }),
  ]
  for (const [lines, isCuttable] of [
    [made, true],
    [unusual, false],
  ] as const) {
    for (const text of lines) {
      // Lines come one behind the other in the same memory.
      const bytes = Buffer.from(`{"other":"line"}\n${text}`)
      t.true(reader.read(bytes, 17, bytes.length), text)
      const place = reader.recordPlace()
      t.is(place > 0, isCuttable, text)
      t.deepEqual(cutRecord(Buffer.from(text), place), isCuttable ? reader.record() : undefined, text)
      t.is(findEntryName(Buffer.from(text)), nameOf(), text)
    }
  }
})

test('a record that is not at its place is not cut out', t => {
  const line = failure({ record: '{"a":1}' })
  t.true(read(line))
  const place = reader.recordPlace()
  t.is(cutRecord(Buffer.from(line), place)?.toString(), '{"a":1}\n')
  for (const wrong of [0, 1, place - 1, place + 1, line.length, line.length + 20])
    t.is(cutRecord(Buffer.from(line), wrong), undefined, String(wrong))
  t.is(cutRecord(Buffer.from(line.slice(0, -2)), place), undefined, 'cut off')
})

test('an update adds attempts and keeps the first failure, the stage and the name', t => {
  const line = Buffer.from(failure({ entry: 'abc', record: '{"a":1.0, "b" : 12345678901234567890}' }))
  t.true(reader.read(line, 0, line.length))
  const attempts = { attempts: 3, duration: 7.4 }
  const now = Date.UTC(2026, 10, 24)
  const failed = new Failure('http_status', 'transient', '503', { status: 503 })
  const updated = updateDeadLetter(reader, line, { failure: failed, attempts, replays: 1, now }).toString()
  t.true(updated.endsWith('"record":{"a":1.0, "b" : 12345678901234567890}}\n'))
  const { record: _, error, ...rest } = JSON.parse(updated)
  t.like(error, { kind: 'http_status', status: 503 })
  t.deepEqual(rest, {
    $streamz: 'error/1',
    entry: 'abc',
    id: 'id-1',
    line: 1,
    file: null,
    time: '2026-11-24T00:00:00.000Z',
    stage: { command: 'map', name: 'enrich', host: 'here', pid: 1 },
    attempts: 5,
    duration_ms: 7,
    replays: 1,
    first_failed_at: '2026-11-23T09:00:00.000Z',
    first_error: { kind: 'timeout', message: 'No answer within 5s' },
  })
})

test('an entry whose lines were text says so after a replay too', t => {
  const line = Buffer.from(failure({ entry: 'abc' }).replace(',"record":', ',"raw_input":true,"record":'))
  t.true(reader.read(line, 0, line.length))
  const failed = new Failure('timeout', 'transient', 'Late')
  const updated = updateDeadLetter(reader, line, { failure: failed, attempts: undefined, replays: 1, now: 0 })
  t.true(JSON.parse(updated.toString()).raw_input)
})

test('an entry whose replays are forgotten is otherwise the same', t => {
  const line = Buffer.from(failure({ entry: 'abc', replays: 3, breaker: { name: 'api' } }))
  t.true(reader.read(line, 0, line.length))
  t.deepEqual(JSON.parse(resetReplays(reader, line).toString()), { ...JSON.parse(line.toString()), replays: 0 })
})

test('only the name that was put in front counts, whatever the line brings along', t => {
  t.true(read('{"$streamz":"error/1","entry":"new","error":{"kind":"exit"},"entry":"old","record":1}\n'))
  t.is(nameOf(), 'new')
  t.true(read('{ "$streamz": "error/1", "error": {"kind":"exit"}, "entry": "other", "record": 1}\n'))
  t.regex(nameOf(), /^[\w-]{16}$/)
})

test('a record that was never appended has a name of its own, always the same', t => {
  const names = [failure({ line: 1 }), failure({ line: 2 }), failure({ line: 1 })].map(line => {
    t.true(read(line))
    return nameOf()
  })
  t.regex(names[0]!, /^[\w-]{16}$/)
  t.is(names[0], names[2])
  t.not(names[0], names[1])
  t.true(read(failure({ entry: 'no "name"\u001b' })))
  t.regex(nameOf(), /^[\w-]{16}$/)
})

const damaged: Readonly<Record<string, string>> = {
  'is cut': '{"$streamz":"error/1","entry":"a","error":{"kind":"exit"},"record":{"a":\n',
  'holds no record': '{"$streamz":"error/1","entry":"a","error":{"kind":"exit"}}\n',
  'has no kind': '{"$streamz":"error/1","entry":"a","record":1}\n',
  'was glued to the next':
    '{"$streamz":"error/1","entry":"a","err{"$streamz":"error/1","error":{"kind":"exit"},"record":1}\n',
}
for (const [what, line] of Object.entries(damaged)) test(`a line that ${what} is damaged`, t => t.false(read(line)))

test('what holds no whole line is not replayed', t => {
  t.true(read(failure({ kind: 'too_long', raw: 'the beginning' })))
  t.is(reader.record(), undefined)
  t.true(read(failure({ raw: 'two\nlines' })))
  t.is(reader.record(), undefined)
  t.true(read(failure({ raw: 'one line\r' })))
  t.is(reader.record()?.toString(), 'one line\r\n')
})
