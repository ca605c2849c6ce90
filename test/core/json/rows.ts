import test from 'ava'
import { parsePath } from '../../../src/core/json/path.js'
import { Rows } from '../../../src/core/json/rows.js'
import { createScanner } from '../../../src/core/json/scan.js'
import { Lines } from '../../../src/core/lines.js'
import fc from '../../helpers/fast-check.js'

const linesOf = (texts: readonly string[], before = ''): Lines => {
  const bytes = Buffer.from(before + texts.map(text => `${text}\n`).join(''))
  let end = Buffer.byteLength(before)
  const begin = end
  const ends = Int32Array.from(texts, text => {
    end += Buffer.byteLength(text) + 1
    return end
  })
  return new Lines(bytes, begin, ends, 0, texts.length, 1, undefined)
}

/** What the rows say of a line, as text. */
const describeRow = (rows: Rows, lines: Lines, index: number) => {
  const row = rows.find(lines, index)
  if (rows.good[row] === 0) return undefined
  const text = (start: number, end: number) => (start === -1 ? undefined : lines.bytes.toString('utf8', start, end))
  return {
    value: text(rows.valueStarts[row] as number, rows.valueEnds[row] as number),
    escapes: rows.escapes[row],
    fields: Array.from({ length: rows.width }, (_, path) =>
      text(rows.starts[row * rows.width + path] as number, rows.ends[row * rows.width + path] as number),
    ),
  }
}

test('a row for each line: verdict, the value, the fields and how many escapes', t => {
  const lines = linesOf([' {"a":1,"b":"x"} ', '{"b":"\\n"}', '{"a":', '7'], '{"a":"before"}\n')
  const rows = new Rows(['.a', '.b'].map(parsePath))
  t.deepEqual(
    [0, 1, 2, 3].map(index => describeRow(rows, lines, index)),
    [
      { value: '{"a":1,"b":"x"}', escapes: 0, fields: ['1', '"x"'] },
      { value: '{"b":"\\n"}', escapes: 1, fields: [undefined, '"\\n"'] },
      undefined,
      { value: '7', escapes: 0, fields: [undefined, undefined] },
    ],
  )
})

test('lines may be asked for in any order, also of another chunk', t => {
  const rows = new Rows([parsePath('.a')])
  const one = linesOf(Array.from({ length: 1000 }, (_, a) => JSON.stringify({ a })))
  const other = linesOf(['{"a":"other"}'])
  for (const index of [0, 999, 5, 255, 256, 998]) {
    t.deepEqual(describeRow(rows, one, index)?.fields, [`${index}`])
    t.deepEqual(describeRow(rows, other, 0)?.fields, ['"other"'])
    t.deepEqual(describeRow(rows, one.slice(index), 0)?.fields, [`${index}`])
  }
})

test('long lines are scanned a few at a time', t => {
  const rows = new Rows([parsePath('.a')])
  const long = 'x'.repeat(300_000)
  const lines = linesOf(Array.from({ length: 5 }, (_, a) => JSON.stringify({ long, a })))
  t.deepEqual(
    [0, 1, 2, 3, 4].map(index => rows.find(lines, index)),
    [0, 0, 0, 0, 0],
  )
  t.deepEqual(
    [0, 1, 2, 3, 4].map(index => describeRow(rows, lines, index)?.fields[0]),
    ['0', '1', '2', '3', '4'],
  )
})

test('a single line is row 0, and the chunk before is scanned again', t => {
  const rows = new Rows([parsePath('.a')])
  const lines = linesOf(['{"a":1}', '{"a":2}'])
  t.is(rows.find(lines, 1), 0)
  const alone = Buffer.from('{"a":[3]}\n')
  t.true(rows.scanAlone(alone))
  t.is(alone.toString('utf8', rows.starts[0], rows.ends[0]), '[3]')
  t.false(rows.scanAlone(Buffer.from('{"a":[3}\n')))
  t.deepEqual(describeRow(rows, lines, 1)?.fields, ['2'])
})

test('rows say what a scanner says of each line by itself', t => {
  const paths = ['.a', '.b.a', '.[1]', '.'].map(parsePath)
  const rows = new Rows(paths)
  const scanner = createScanner(paths)
  const text = fc.oneof(
    fc.json({ maxDepth: 3 }),
    fc.constantFrom('{"a":1,"a":2}', '{"b":{"a":"\\u0061"}}', '{', '[1,2', '[0,{"a":1}]', '"', ' 1 ', 'nul'),
  )
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 600 }), texts => {
      const lines = linesOf(texts)
      for (let index = 0; index < lines.length; index++) {
        const good = scanner.scan(lines.bytes, lines.start(index), lines.end(index))
        const row = describeRow(rows, lines, index)
        t.is(row !== undefined, good)
        if (row === undefined) continue
        const { starts, ends, escapes } = scanner
        t.is(row.escapes, escapes)
        t.deepEqual(
          row.fields,
          paths.map((_, path) =>
            starts[path] === -1 ? undefined : lines.bytes.toString('utf8', starts[path], ends[path]),
          ),
        )
      }
    }),
  )
})
