import test from 'ava'
import { records, shell, streamz } from '../../helpers/cli.js'

const twenty = JSON.stringify('x'.repeat(18))

/** What would be longer than 30 bytes is a failure of this stage, its record whole; `expected` is what is written. */
const refuses = test.macro(async (t, args: readonly string[], record: string, lost: object) => {
  const stdin = `${record}\n`
  const { stdout, stderr, exitCode } = await streamz(t, ['map', '--max-line', '30', ...args], { stdin })
  t.is(String(stdout), '')
  t.is(exitCode, 1)
  const [failed, ...others] = records(
    stderr
      .split('\n')
      .filter(line => line.startsWith('{'))
      .join('\n'),
  )
  t.deepEqual(others, [])
  t.like(failed, { error: { kind: 'output_too_large' }, ...lost })
})
const whole = { record: 'x'.repeat(18) }
test('--keep', refuses, ['--keep', '--', 'cat'], twenty, whole)
test('--into', refuses, ['--into', '.a', '--', 'echo', twenty], '{"a":1,"b":123456}', { record: { a: 1, b: 123_456 } })
test('--raw', refuses, ['--raw', '--', 'printf', '\\001\\001\\001\\001\\001'], '1', { record: 1 })
test('a command that writes much', refuses, ['--', 'echo', JSON.stringify('y'.repeat(40))], '1', { record: 1 })
test('--multi', refuses, ['--multi', '--', 'printf', `1\n${JSON.stringify('y'.repeat(40))}\n`], '1', { record: 1 })
test('--batch', refuses, ['--batch', '--keep', '--', 'cat'], '[123456789]', { record: 123_456_789 })
test('a worker', refuses, ['--worker', '--keep', '--', 'cat'], twenty, whole)
test('--js with --keep', refuses, ['--keep', '--js', 'r => r'], twenty, whole)
test('-R', refuses, ['-R', '--', 'cat'], '"'.repeat(20), { raw: '"'.repeat(20), raw_input: true })

test('a record that is just short enough passes', async t => {
  const { stdout, stderr } = await streamz(t, ['map', '--max-line', '30', '--keep', '--', 'cat'], { stdin: '123\n' })
  t.is(String(stdout), '{"record":123,"result":123}\n')
  t.is(stderr, '')
})

test('no stage keeps a part of what the one before has written', async t => {
  const record = JSON.stringify('x'.repeat(9 * 1024 * 1024))
  const line = 'streamz map --inline --keep -j 1 -- cat | streamz take 1 --no-failures-in | wc -c'
  const { stdout } = await shell(t, line, { stdin: `${record}\n` })
  t.true(Number(String(stdout).trim()) > record.length, String(stdout))
})

test('an array of more items than can be looked after one by one is a failure as a whole', async t => {
  const script = `node -e 'console.log("[" + "1,".repeat(200000) + "1]")' | streamz map --batch --failures brief --js 'r => r'`
  const { stderr, exitCode } = await shell(t, script)
  t.is(exitCode, 1)
  t.regex(stderr, /^line 1: field$/m)
})

test('an answer with many more items than the batch does not use memory', async t => {
  const script = `echo '[1]' | streamz map --batch -- node -e 'console.log("[" + "1,".repeat(8000000) + "1]")'`
  const { stderr, exitCode } = await shell(t, script)
  t.is(exitCode, 1)
  t.regex(stderr, /has 8000001 results for 1 items/)
})
