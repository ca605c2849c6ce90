import test from 'ava'
import { parseExpression } from '../../src/core/expressions/parse.js'
import { createFilter, type FilterOptions } from '../../src/processors/filter.js'
import { records, shell, streamz } from '../helpers/cli.js'
import { kindsIn } from '../helpers/flags.js'
import { drive } from '../helpers/processor.js'

const run = (text: string, lines: readonly string[], options: Partial<FilterOptions> = {}) =>
  drive(context => createFilter({ expression: parseExpression(text), ...options }, context), [[0, ...lines]])

const bytes = ['{"a": 2.0 , "a":1e2}', '{"a":1}', ' {"a":12345678901234567891}', '{"b":1}', '{"a":"3"}']

test('filter passes what matches as the very same bytes and counts the rest', async t => {
  const { out, filtered, delivered } = await run('.a > 1', bytes)
  t.deepEqual(
    out.map(([, line]) => line),
    [bytes[0], bytes[2]],
  )
  t.deepEqual([filtered, delivered], [3, 2])
})

test('filter --invert passes exactly the others', async t => {
  const { out, filtered } = await run('.a > 1', bytes, { invert: true })
  t.deepEqual(
    out.map(([, line]) => line),
    [bytes[1], bytes[3], bytes[4]],
  )
  t.is(filtered, 2)
})

test('filter hands on neighbours together', async t => {
  const emitted: number[] = []
  await drive(
    context =>
      createFilter(
        { expression: parseExpression('. != 3') },
        {
          ...context,
          emit(lines) {
            emitted.push(lines.length)
            return context.emit(lines)
          },
        },
      ),
    [[0, '1', '2', '3', '4', '5', '6']],
  )
  t.deepEqual(emitted, [2, 3])
})

test('filter rejects a line that is not JSON, also with --invert, and continues', async t => {
  for (const invert of [false, true]) {
    const { rejected, out, filtered } = await run('.a', ['{"a":1}', '{"a":1', '{}', 'x'], { invert })
    t.deepEqual(
      rejected.map(({ kind, line }) => [kind, line]),
      [
        ['parse', '{"a":1'],
        ['parse', 'x'],
      ],
    )
    t.deepEqual([out.length, filtered], [1, 1])
  }
})

test('filter --strict fails a record whose fields it cannot compare, and only those it looked at', async t => {
  const lines = ['{"a":2}', '{"a":"2"}', '{}', '{"b":1}', '{"a":1}', '{"b":1,"a":[]}']
  const { rejected, out, filtered } = await run('.b == 1 || .a > 1', lines, { strict: true })
  t.deepEqual(
    rejected.map(({ kind, line }) => [kind, line]),
    ['{"a":2}', '{"a":"2"}', '{}', '{"a":1}'].map(line => ['field', line]),
  )
  t.deepEqual(
    out.map(([, line]) => line),
    ['{"b":1}', '{"b":1,"a":[]}'],
  )
  t.is(filtered, 0)
})

test('a strict failure says which field and what it is', async t => {
  const { stderr, exitCode } = await streamz(t, ['filter', '--strict', '.a > 1'], { stdin: '{"b":1}\n{"a":"x"}\n' })
  t.is(exitCode, 1)
  t.regex(stderr, /"message":"Line 1 has no field \.a for the expression"/)
  t.regex(stderr, /"message":"Line 2: \.a is of type string, the expression needs number"/)
})

test('filter counts what it leaves out as filtered', async t => {
  const { stdout, stderr, exitCode } = await streamz(t, ['filter', '. > 1', '--summary', '-'], {
    stdin: '1\n\n2\n3\n0\n',
  })
  t.is(exitCode, 0)
  t.is(String(stdout), '2\n3\n')
  t.like(records(stderr)[0], { lines: 5, read: 4, blank: 1, filtered: 2, delivered: 2 })
})

test('filter of many lines, alone and in a pipe', async t => {
  const script = `seq 100000 | streamz filter '. >= 40000' | streamz filter -v '. > 60000' | sha256sum; seq 40000 60000 | sha256sum`
  const { stdout } = await shell(t, script)
  const [one, other] = String(stdout).trim().split('\n')
  t.is(one, other)
})

test('a mistake ends filter before anything is read', async t => {
  for (const [args, message] of [
    [
      ['.a = 1'],
      'EXPR: column 4: "=" is not an operator; allowed here: ==, !=, <, <=, >, >=, =~, !~, in, &&, || or the end; did you mean \'==\'?',
    ],
    [['.a =~ "(?=x)"'], 'EXPR: column 8: (?= is lookaround'],
    [['.a', '==', '1', 'f.ndjson'], "EXPR must be one word; put it in single quotes: '.a == 1'"],
    [[], "No EXPR was given; example: streamz filter '.amount > 100' orders.ndjson"],
    [['--js', 'r => {'], '--js "r => {" is not a JavaScript expression'],
    [['--js', '5'], '--js "5" cannot be used: TypeError: it is not a function'],
    [['--js', 'r => r', '--strict'], '--strict is about EXPR and cannot be used with --js'],
  ] as const) {
    const words = args.map(word => `'${word}'`).join(' ')
    // What the program has not read is there for the next.
    const { stdout } = await shell(t, `streamz filter ${words} 2>&1; echo "exit $?"; cat`, {
      stdin: '1',
    })
    t.true(String(stdout).includes(message), String(stdout))
    t.true(String(stdout).endsWith('exit 2\n1'), String(stdout))
  }
})

test('filter --js passes what the function says, byte for byte and in order', async t => {
  const stdin = bytes.map(line => `${line}\n`).join('')
  const kept = await streamz(t, ['filter', '--js', 'async r => r.a > 1'], { stdin })
  t.is(String(kept.stdout), `${bytes[0]}\n${bytes[2]}\n${bytes[4]}\n`)
  const changed = await streamz(t, ['filter', '--js', 'r => delete r.a', '--invert', '--summary', '-'], { stdin })
  t.is(String(changed.stdout), '')
  t.like(records(changed.stderr)[0], { read: 5, filtered: 5, delivered: 0 })
})

test('filter --js fails a record for which the function throws, and goes on', async t => {
  for (const flag of [[], ['-v']]) {
    const args = ['filter', ...flag, '--js', 'r => r.a.b > 1 || undefined.x']
    const { stdout, stderr, exitCode } = await streamz(t, args, { stdin: '{"a":{"b":2}}\n{}\nno\n{"a":{"b":3}}\n' })
    t.is(exitCode, 1)
    t.is(String(stdout), flag.length > 0 ? '' : '{"a":{"b":2}}\n{"a":{"b":3}}\n')
    t.deepEqual(kindsIn(stderr), ['script', 'parse'])
    t.regex(stderr, /Script threw TypeError at --js:1:/)
  }
})

test('filter --js of many lines loses none and keeps their order', async t => {
  const script = `seq 20000 | streamz filter --js 'n => n % 3 === 0' | sha256sum; seq 3 3 20000 | sha256sum`
  const { stdout } = await shell(t, script)
  const [one, other] = String(stdout).trim().split('\n')
  t.is(one, other)
})
