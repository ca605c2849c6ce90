import test from 'ava'
import { Failure } from '../../../src/core/failure.js'
import { parseFailure } from '../../../src/core/json/record-failures.js'
import { linesOf } from '../../../src/processors/map/lines-of.js'
import { checkJson, keep, pass, replace, replaceTogether, withoutNewline } from '../../../src/processors/map/shape.js'

const line = (text: string) => ({ bytes: Buffer.from(`${text}\n`), number: 7, file: 'f' })
const results = (...texts: readonly string[]) => texts.map(text => Buffer.from(`${text}\n`))
const texts = (lines: ReturnType<typeof pass>) => [...lines].map(({ bytes, number }) => `${number} ${bytes}`)

test('results take the place of the record, in their order', t => {
  t.deepEqual(texts(replace(line('{}'), results('1', '2.0'))), ['7 1\n', '8 2.0\n'])
  t.is(replace(line('{}'), []).length, 0)
  t.is(replace(line('{}'), results('1')).file, 'f')
})

test('results in one buffer come apart at their newlines; none is a result all the same', t => {
  const made = replaceTogether(line('{}'), [Buffer.from('1\n"a"\n{}\n')])
  t.deepEqual(texts(made), ['7 1\n', '8 "a"\n', '9 {}\n'])
  t.is(replaceTogether(line('{}'), []).length, 0)
  const none = linesOf(Buffer.alloc(0), 7, 'f')
  t.deepEqual([none.length, none.number, none.file], [0, 7, 'f'])
})

test('the record goes on as it is when the call was made for its effect', t => {
  t.deepEqual(texts(pass(line(' {"a": 1.0}'), results('2'))), ['7  {"a": 1.0}\n'])
})

test('record and results stand side by side, byte for byte', t => {
  const made = keep(line(' {"a": 1.0} '), results('2e0', '[ ]'))
  t.deepEqual(texts(made), ['7 {"record":{"a": 1.0},"result":2e0}\n', '8 {"record":{"a": 1.0},"result":[ ]}\n'])
})

test('a line that is not JSON is a parse failure with its column', t => {
  t.notThrows(() => checkJson(line('1')))
  const wrong = line('{"a" 1}')
  for (const act of [() => checkJson(wrong), () => keep(wrong, results('1'))]) {
    const failure = t.throws(act, { instanceOf: Failure })
    t.like(failure, { kind: 'parse', failureClass: 'input', facts: { column: 6 } })
    t.true(failure?.message.startsWith('Line 7, column 6: '))
  }
  t.is(parseFailure(wrong).kind, 'parse')
})

test('a value alone has no newline', t => {
  t.is(withoutNewline(Buffer.from('1\n')).toString(), '1')
  t.is(withoutNewline(Buffer.from('1')).toString(), '1')
  t.is(withoutNewline(Buffer.alloc(0)).length, 0)
})
