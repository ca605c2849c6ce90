import test from 'ava'
import { createKnownEntries } from '../../../src/core/dead-letters/known-entries.js'
import { createDeadLetterReader } from '../../../src/core/dead-letters/reader.js'
import { failure } from '../../helpers/dlq.js'

/** Knows entries like the first line; whether the second is one. */
const knows = (learnt: string, line: string, key: 'record' | 'raw' = 'record'): boolean => {
  const known = createKnownEntries()
  const reader = createDeadLetterReader()
  const bytes = Buffer.from(`${learnt}${line}`)
  const middle = Buffer.byteLength(learnt)
  if (!reader.read(bytes, 0, middle)) throw new Error('Not a whole entry')
  known.learn(bytes, 0, reader.start(key), reader.end(key), key, 7)
  const before = Buffer.from(bytes)
  const found = known.find(bytes, middle, bytes.length)
  if (!bytes.equals(before)) throw new Error('Bytes were changed')
  return found === 7
}

const first = failure({ entry: 'a', message: 'Line 1 of "x" is late', record: '{"n":1}', line: 1 })

const alike: Readonly<Record<string, string>> = {
  'the same line': first,
  'another name': failure({ entry: 'b_-9', message: 'Line 1 of "x" is late' }),
  'another time': first.replace('10:00:00.000', '11:11:11.111'),
  'other numbers in the message': failure({ entry: 'b', message: 'Line 4711 of "x" is late' }),
  'another line number and duration': failure({ entry: 'b', message: 'Line 1 of "x" is late', line: 10, replays: 20 }),
  'another record': failure({ entry: 'b', message: 'Line 1 of "x" is late', record: '[[], {"record": "ü"}]' }),
}
for (const [name, line] of Object.entries(alike)) {
  test(`knows an entry again: ${name}`, t => t.true(knows(first, line)))
}

const others: Readonly<Record<string, string>> = {
  'another message': failure({ entry: 'b', message: 'Line 1 of "y" is late' }),
  'no number in the message': failure({ entry: 'b', message: 'Line  of "x" is late' }),
  'another kind': failure({ entry: 'b', kind: 'timeout', message: 'Line 1 of "x" is late' }),
  'no name': failure({ message: 'Line 1 of "x" is late' }),
  'a name that is none': failure({ entry: 'b c', message: 'Line 1 of "x" is late' }),
  'a name that is too long': failure({ entry: 'b'.repeat(65), message: 'Line 1 of "x" is late' }),
  'white space': first.replace('"line":1', '"line": 1'),
  'a number that is none': first.replace('"line":1', '"line":01'),
  'no number': first.replace('"line":1', '"line":'),
  'a damaged record': first.replace('{"n":1}', '{"n":1'),
  'a damaged text in the record': first.replace('{"n":1}', '"\\x"'),
  'a line that is cut': `${first.slice(0, -3)}\n`,
  'a line that goes on': first.replace('}\n', '} {}\n'),
  'a key after the record': first.replace('}\n', ',"error":{"kind":"exit"}}\n'),
  'the record twice': first.replace('}\n', ',"record":2}\n'),
  'a record as deep as may be': first.replace('{"n":1}', '['.repeat(1024) + ']'.repeat(1024)),
  'a cut name': first.slice(0, 32),
}
for (const [name, line] of Object.entries(others)) {
  test(`reads an entry that is not like the known one: ${name}`, t => {
    t.not(line, first)
    t.false(knows(first, line.endsWith('\n') ? line : `${line}\n`))
  })
}

const unsure: Readonly<Record<string, string>> = {
  'white space in it': first.replace('"line":1', '"line": 1'),
  'a key that comes twice': first.replace('"line":1', '"line":1,"line":1'),
  'an escape nobody needs': first.replace('"enrich"', '"\\u0065nrich"'),
  'a record in front': first.replace('"line":1', '"line":1,"record":5'),
  'no time': first.replace(/"time":"[^"]*",/, ''),
  'no name in front': failure({ message: 'm' }),
}
for (const [name, line] of Object.entries(unsure)) {
  test(`learns nothing from an entry with ${name}`, t => {
    t.not(line, first)
    t.false(knows(line, line))
  })
}

test('an entry that goes on after its record says nothing about others', t => {
  // The last of two equal keys counts, so its cause is not the one written in front of the record.
  t.false(knows(first.replace('}\n', ',"error":{"kind":"late"}}\n'), first))
  t.false(knows(first.replace('}\n', ' }\n'), first))
})

test('digits of an escape are no number', t => {
  const escaped = failure({ entry: 'a', message: '\u001b[31m 5' })
  t.true(knows(escaped, escaped))
  t.false(knows(escaped, escaped.replace('u001b', 'u01b')))
  t.false(knows(escaped, escaped.replace('m 5', 'm 6')))
})

test('a message that is too long for the key of its cause stays as it is', t => {
  const long = (number: number) => failure({ entry: 'a', message: `${'x'.repeat(240)} ${number} y` })
  t.true(knows(long(1), long(1)))
  t.false(knows(long(1), long(23)))
})

test('a raw entry is known again by its own key', t => {
  const raw = failure({ entry: 'a', raw: 'one' })
  t.true(knows(raw, failure({ entry: 'b', raw: 'another "one"' }), 'raw'))
  t.false(knows(raw, raw.replace('"raw"', '"record"'), 'raw'))
})

test('entries without two alike are soon read without learning', t => {
  const known = createKnownEntries()
  const reader = createDeadLetterReader()
  const make = (number: number) => Buffer.from(failure({ entry: 'a', message: 'x'.repeat(number) }))
  for (let number = 1; number <= 1000; number++) {
    const bytes = make(number)
    t.is(known.find(bytes, 0, bytes.length), -1)
    reader.read(bytes, 0, bytes.length)
    known.learn(bytes, 0, reader.start('record'), reader.end('record'), 'record', number)
  }
  const last = make(1000)
  t.is(known.find(last, 0, last.length), -1)
})

test('what comes after entries without two alike is known again', t => {
  const known = createKnownEntries()
  const reader = createDeadLetterReader()
  let hits = 0
  for (let number = 0; number < 40_000; number++) {
    const message = number < 10_000 ? String(number).replaceAll(/\d/g, digit => 'abcdefghij'[Number(digit)] ?? '') : 'm'
    const bytes = Buffer.from(failure({ entry: 'a', message }))
    if (known.find(bytes, 0, bytes.length) !== -1) hits++
    else {
      reader.read(bytes, 0, bytes.length)
      known.learn(bytes, 0, reader.start('record'), reader.end('record'), 'record', number)
    }
  }
  t.true(hits > 15_000 && hits < 30_000, String(hits))
})
