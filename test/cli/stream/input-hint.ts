import test from 'ava'
import type { Messages } from '../../../src/cli/messages.js'
import { createInputHint } from '../../../src/cli/stream/input-hint.js'
import { Failure } from '../../../src/core/failure.js'
import { nobody } from '../../../src/core/io/output.js'

const prepare = () => {
  const notes: string[] = []
  const put: number[] = []
  const hint = createInputHint({ note: (text: string) => notes.push(text) } as unknown as Messages)
  const sink = hint.watch({ put: ({ line }) => void put.push(line.number), flush() {} })
  const fail = (text: string, number: number, kind: 'parse' | 'exit' = 'parse', file?: string, column = 1) => {
    const failure = new Failure(kind, 'input', 'No', { column })
    void sink.put({ line: { bytes: Buffer.from(`${text}\n`), number, file }, failure, attempts: undefined }, nobody)
  }
  return { notes, put, hint, fail }
}

test('the hint comes once, with the first failure, and again at the end', t => {
  const { notes, put, hint, fail } = prepare()
  fail('id,name', 1)
  fail('1,Ann', 2)
  t.is(notes.length, 1)
  t.regex(notes[0] ?? '', /looks like CSV.*… \| mlr --icsv --ojsonl cat \| streamz …/)
  hint.repeat()
  t.deepEqual(notes, [notes[0], notes[0]])
  t.deepEqual(put, [1, 2])
})

test('a single bad line needs no second hint', t => {
  const { notes, hint, fail } = prepare()
  fail('id,name', 1)
  hint.repeat()
  t.is(notes.length, 1)
})

test('the file is named, quoted for a shell', t => {
  const { notes, fail } = prepare()
  fail('id,name', 1, 'parse', 'my file.csv')
  t.regex(notes[0] ?? '', /cat 'my file\.csv' \| streamz …/)
})

test('other failures, and later lines that may be single bad records, say nothing', t => {
  const { notes, hint, fail } = prepare()
  fail('id,name', 1, 'exit')
  fail('id,name', 2)
  hint.repeat()
  t.deepEqual(notes, [])
})
