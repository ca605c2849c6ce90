import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { readAnswers } from '../../../src/processors/map/batch-answers.js'
import { splitItems } from '../../../src/processors/map/batch-items.js'
import { replace } from '../../../src/processors/map/shape.js'
import { streamz } from '../../helpers/cli.js'

const answers = (text: string, count: number) =>
  readAnswers(Buffer.from(`${text}\n`), count).map(answer =>
    answer === undefined ? 'missing' : 'result' in answer ? String(answer.result).trim() : { error: answer.error },
  )

test('results by place keep their bytes, errors stand between them', t => {
  t.deepEqual(answers('[1.0, {"a" : 1} , {"error":"no"}]', 3), ['1.0', '{"a" : 1}', { error: 'no' }])
  t.deepEqual(answers('[{"error":null,"code":1},{"index":0}]', 2), ['{"error":null,"code":1}', '{"index":0}'])
})

test('results by index come in any order', t => {
  t.deepEqual(answers('[{"index":2,"result": 1.0 },{"error":{"status":503},"index":0}]', 3), [
    { error: { status: 503 } },
    'missing',
    '1.0',
  ])
})

test('an element with an index and an error is an error, whatever else it says', t => {
  const said =
    '[{"index":1,"result":2},{"index":0,"error":"no such order","code":5},{"index":2,"error":{"a":1},"status":429}]'
  t.deepEqual(answers(said, 3), [{ error: { error: 'no such order', code: 5 } }, '2', { error: { a: 1, status: 429 } }])
})

test('an item with a status has its class', t => {
  const items = ['1', '2'].map((text, number) => ({ bytes: Buffer.from(`${text}\n`), number, file: undefined }))
  const answer = Buffer.from('[{"index":0,"error":"busy","status":429},{"index":1,"error":"no","status":404}]\n')
  t.deepEqual(
    splitItems(items, [answer], replace).rejected.map(({ failure }) => [failure.kind, failure.failureClass]),
    [
      ['http_status', 'throttled'],
      ['http_status', 'permanent'],
    ],
  )
})

const refused = test.macro((t, text: string, count: number, message: RegExp) => {
  t.throws(() => answers(text, count), { name: 'Failure', message })
})
test('too few results are refused', refused, '[1]', 2, /1 results for 2 items/)
test('a record that is not an array is refused', refused, '{}', 1, /is not an array/)
test('an index out of range is refused', refused, '[{"index":2,"result":1}]', 2, /from 0 to 1/)
test('an index that comes twice is refused', refused, '[{"index":0,"result":1},{"index":0,"error":1}]', 2, /twice/)

const script = `items => {
  const error = items.some(item => item === 'all') ? undefined : { class: 'transient', message: 'no' }
  if (error === undefined) throw new Error()
  return items.map(item => (item === 'bad' ? { error } : item))
}`

const modes: Readonly<Record<string, readonly string[]>> = {
  command: [
    '--',
    'node',
    '-e',
    `const run = ${script}; process.stdin.on('data', d => console.log(JSON.stringify(run(JSON.parse(d)))))`,
  ],
  worker: [
    '--worker',
    '--',
    'node',
    '-e',
    `const run = ${script}; require('readline').createInterface({input: process.stdin}).on('line', d => console.log(JSON.stringify(run(JSON.parse(d)))))`,
  ],
  js: ['--js', script],
}

for (const [mode, args] of Object.entries(modes)) {
  test(`${mode}: a bad item fails alone, a bad call fails all of its items, and items are counted`, async t => {
    const stdin = '[1,"bad",3]\n[]\n["bad"]\n["all",2]\n{"no":"array"}\n[6]\n'
    const flags = ['map', '-j', '1', '--batch', '--failures', 'full', '--summary', 'summary', '--timeout', '20s']
    const { stdout, stderr, cwd, exitCode } = await streamz(t, [...flags, ...args], { stdin })
    t.is(String(stdout), '[1,3]\n[]\n[6]\n')
    t.is(exitCode, 1)
    const failures = stderr
      .split('\n')
      .filter(line => line.startsWith('{"$streamz":"error'))
      .map(line => JSON.parse(line))
    t.deepEqual(
      failures.map(({ line, record }) => [line, record]),
      [
        [1, 'bad'],
        [3, 'bad'],
        [4, 'all'],
        [4, 2],
        [5, { no: 'array' }],
      ],
    )
    t.like(failures[0].error, { kind: 'script', class: 'transient', stderr: '{"class":"transient","message":"no"}' })
    t.is(failures[4].error.kind, 'field')
    const { lines, read, delivered, filtered, failed, undelivered } = JSON.parse(
      readFileSync(join(cwd, 'summary'), 'utf8'),
    )
    t.deepEqual(
      { lines, read, delivered, filtered, failed, undelivered },
      { lines: 6, read: 8, delivered: 3, filtered: 0, failed: 5, undelivered: 0 },
    )
  })
}

test('--keep and --into shape each item', async t => {
  const keep = await streamz(t, ['map', '--batch', '--keep', '--worker', '--', 'cat'], { stdin: '[1.0,{"a":2}]\n' })
  t.is(String(keep.stdout), '[{"record":1.0,"result":1.0},{"record":{"a":2},"result":{"a":2}}]\n')
  const into = await streamz(
    t,
    ['map', '--batch', '--into', '.b', '--failures', 'brief', '--js', 'r => r.map((_, i) => i)'],
    {
      stdin: '[{"a":1.0},7]\n',
    },
  )
  t.is(String(into.stdout), '[{"a":1.0,"b":0}]\n')
  t.regex(into.stderr, /^line 1: field$/m)
})

test('--batch and --multi are refused', async t => {
  const { exitCode, stderr } = await streamz(t, ['map', '--batch', '--multi', '--', 'cat'], { stdin: '[]\n' })
  t.is(exitCode, 2)
  t.regex(stderr, /--multi/)
})
