import { createHash } from 'node:crypto'
import test from 'ava'
import { createFakeClock } from '../../src/core/clock.js'
import { createEnvelope, hashId } from '../../src/core/envelope.js'
import { addFacts, Failure } from '../../src/core/failure.js'
import { isFailureLine } from '../../src/core/io/split.js'
import fc from '../helpers/fast-check.js'

const options = {
  stage: { command: 'map', name: undefined },
  host: 'here',
  pid: 7,
  clock: createFakeClock(Date.UTC(2026, 4, 1)),
  id: () => 'the-id',
}
const wrap = createEnvelope(options)
const failure = new Failure('exit', 'permanent', 'Exit 3', { exit: 3 })

const lineOf = (bytes: Buffer | string, number = 5) => ({
  bytes: Buffer.concat([Buffer.from(bytes), Buffer.from('\n')]),
  number,
  file: 'in.ndjson',
})

const keptIn = (text: string) => /,"(record|raw|raw_base64)":(.*)\}\n$/s.exec(text)?.slice(1)

test('A failure record tells where, when, what and why, and is known by its first bytes', t => {
  const text = wrap({ line: lineOf('{"a":1.0}'), failure }).toString()
  t.true(
    text.startsWith(
      '{"$streamz":"error/1","id":"the-id","line":5,"file":"in.ndjson","time":"2026-05-01T00:00:00.000Z",',
    ),
  )
  t.true(isFailureLine(Buffer.from(text), 0, text.length))
  t.deepEqual(JSON.parse(text), {
    $streamz: 'error/1',
    id: 'the-id',
    line: 5,
    file: 'in.ndjson',
    time: '2026-05-01T00:00:00.000Z',
    stage: { command: 'map', name: null, host: 'here', pid: 7 },
    error: {
      kind: 'exit',
      class: 'permanent',
      message: 'Exit 3',
      status: null,
      exit: 3,
      signal: null,
      retry_after_ms: null,
      stderr: null,
    },
    attempts: 0,
    duration_ms: 0,
    replays: 0,
    first_failed_at: '2026-05-01T00:00:00.000Z',
    first_error: { kind: 'exit', message: 'Exit 3' },
    record: { a: 1 },
  })
})

test('The first failure and the attempts are in the failure record', t => {
  const firstFailure = new Failure('timeout', 'transient', 'Too slow')
  const attempts = {
    attempts: 3,
    duration: 12.6,
    firstFailedAt: Date.UTC(2026, 3, 1),
    firstFailure,
    breaker: { name: 'b' },
  }
  const told = JSON.parse(wrap({ line: lineOf('1'), failure, attempts }).toString())
  t.like(told, {
    attempts: 3,
    duration_ms: 13,
    first_failed_at: '2026-04-01T00:00:00.000Z',
    first_error: { kind: 'timeout', message: 'Too slow' },
    breaker: { name: 'b' },
  })
})

test('The output, the id of the request and raw_input are in the failure record if they are known', t => {
  const known = addFacts(failure, { output: 'no such user', requestId: 'r-1', stderr: 'cannot' })
  const told = JSON.parse(wrap({ line: lineOf('1'), failure: known }).toString())
  t.like(told, { error: { exit: 3, stderr: 'cannot', output: 'no such user', request_id: 'r-1' } })
  t.is(told.raw_input, undefined)
  t.true(
    JSON.parse(createEnvelope({ ...options, rawInput: true })({ line: lineOf('"1"'), failure }).toString()).raw_input,
  )
})

test('A record is kept byte for byte', t => {
  for (const record of ['{"a":1.0,"a":1e400}', '12345678901234567890', '"\\ud800"', '"é\\u2028"', '[1, 2 ]', 'null']) {
    t.deepEqual(keptIn(wrap({ line: lineOf(record), failure }).toString()), ['record', record])
    t.deepEqual(keptIn(wrap({ line: lineOf(` ${record} \r`), failure }).toString()), ['record', record])
  }
})

test('Any bytes come back out of the failure record', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), array => {
      const bytes = Buffer.from(array.filter(byte => byte !== 10))
      const text = wrap({ line: lineOf(bytes), failure }).toString()
      t.is(text.indexOf('\n'), text.length - 1)
      const [kind = '', value = ''] = keptIn(text) ?? []
      if (kind === 'record') return t.true(bytes.includes(value))
      const back = kind === 'raw' ? Buffer.from(JSON.parse(value)) : Buffer.from(JSON.parse(value), 'base64')
      t.true(back.equals(bytes), `${kind} ${value}`)
    }),
    { numRuns: 1000 },
  )
})

test('Text that is not JSON is raw, bytes that are not UTF-8 are base64', t => {
  t.deepEqual(keptIn(wrap({ line: lineOf('{"a":\u0000\u001b[31m'), failure }).toString()), [
    'raw',
    '"{\\"a\\":\\u0000\\u001b[31m"',
  ])
  t.deepEqual(keptIn(wrap({ line: lineOf(Buffer.from([0x22, 0xff, 0x22])), failure }).toString()), [
    'raw_base64',
    '"Iv8i"',
  ])
})

test('The head of a line that was too long is never taken for a record', t => {
  const tooLong = new Failure('too_long', 'input', 'Line is 9 bytes long', { length: 9, sha256: 'abc' })
  const text = wrap({ line: lineOf('1234'), failure: tooLong }).toString()
  t.deepEqual(keptIn(text), ['raw', '"1234"'])
  t.like(JSON.parse(text).error, { kind: 'too_long', length: 9, sha256: 'abc' })
})

test('An id is the hash of the line and its number: the same each time, another for another line', t => {
  const line = lineOf('{"a":1}')
  const hash = createHash('sha256').update('{"a":1}\n5').digest('hex')
  t.is(hashId(line), hash.slice(0, 32))
  t.not(hashId(lineOf('{"a":1}', 6)), hashId(line))
  t.not(hashId(lineOf('{"a":2}')), hashId(line))
})
