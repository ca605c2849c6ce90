import test from 'ava'
import { Failure } from '../../../src/core/failure.js'
import { readAnswers, readElements } from '../../../src/processors/map/batch-answers.js'

const answers = (text: string, count: number) =>
  readAnswers(Buffer.from(`${text}\n`), count).map(answer =>
    answer !== undefined && 'result' in answer ? answer.result.toString() : answer,
  )

test('the elements of an array are lines, byte for byte, up to a maximum', t => {
  const read = (text: string, most: number) => {
    const found = readElements(Buffer.from(`${text}\n`), most)
    return typeof found === 'object' ? found.map(String) : found
  }
  t.deepEqual(read(' [1.0, {"a": [2]} ,"x"] ', 3), ['1.0\n', '{"a": [2]}\n', '"x"\n'])
  t.is(read('[1,2,3]', 2), 3)
  t.deepEqual(read('[]', 0), [])
  t.is(read('{"a":1}', 9), undefined)
  t.is(read('[1,', 9), undefined)
})

test('an array as long as the batch: element i is the result of item i, or its error', t => {
  t.deepEqual(answers('[1.0,{"error":{"status":500}},{"error":1,"more":2},null]', 4), [
    '1.0\n',
    { error: { status: 500 } },
    '{"error":1,"more":2}\n',
    'null\n',
  ])
})

test('answers by their index come in any order, and may leave items out', t => {
  t.deepEqual(answers('[{"index":2,"result": {"a": 1.0}},{"index":0,"error":"no","status":404}]', 3), [
    { error: { error: 'no', status: 404 } },
    undefined,
    '{"a": 1.0}\n',
  ])
  t.deepEqual(answers('[{"index":0,"error":{"message":"no"},"status":404}]', 1), [
    { error: { status: 404, message: 'no' } },
  ])
})

test('an object with an index and something else is a result like any other', t => {
  t.deepEqual(answers('[{"index":0,"result":1,"more":2}]', 1), ['{"index":0,"result":1,"more":2}\n'])
  t.deepEqual(answers('[{"index":"0","result":1}]', 1), ['{"index":"0","result":1}\n'])
})

for (const [text, count, message] of [
  ['{"a":1}', 1, 'is not an array'],
  ['no', 1, 'is not an array'],
  ['[1,2,3]', 2, 'has 3 results for 2 items'],
  ['[1]', 2, 'has 1 results for 2 items'],
  ['[]', 1, 'has 0 results for 1 items'],
  ['[{"index":2,"result":1}]', 2, 'has an index that is not from 0 to 1'],
  ['[{"index":-1,"result":1}]', 2, 'has an index that is not from 0 to 1'],
  ['[{"index":0.5,"result":1}]', 2, 'has an index that is not from 0 to 1'],
  ['[{"index":0,"result":1},{"index":0,"error":1}]', 2, 'has the index 0 twice'],
] as const) {
  test(`an answer that ${message} says nothing about any item: ${text}`, t => {
    const failure = t.throws(() => answers(text, count), { instanceOf: Failure })
    t.like(failure, { kind: 'output_parse', failureClass: 'permanent', message: `Answer for the batch ${message}` })
  })
}
