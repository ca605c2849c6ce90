import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { records, shell, streamz } from '../../helpers/cli.js'

const gives = test.macro(async (t, args: readonly string[], stdin: string, expected: string) => {
  const { stdout, stderr } = await streamz(t, ['map', '-R', ...args], { stdin })
  t.is(String(stdout), expected)
  t.is(stderr, '')
})
test('-R: a command gets the text of a line', gives, ['--', 'bc'], '1+1\n2^10\n', '2\n1024\n')
test('-R: text with quotes and accents', gives, ['-r', '--raw', '--', 'cat'], 'say "é"\\n\n', 'say "é"\\n\n')
test('-R: a worker gets it', gives, ['--worker', '--', 'sed', '-u', 's/.*/"&"/'], 'a b\nc\n', '"a b"\n"c"\n')
test('-R: an argument holds it as ever', gives, ['--raw', '--', 'echo', '{.}'], 'a b\n', '"a b"\n')

test('a failure says that its record was text, and a replay gives it as text again', async t => {
  const script = [
    'printf "1+1\\n" | streamz map -R --dlq failed.ndjson -q -- sh -c "cat >first; exit 3"',
    'streamz dlq replay failed.ndjson -q -- sh -c "cat >second; exit 3"',
    'streamz dlq replay failed.ndjson -- bc',
  ].join('; ')
  const { stdout, cwd } = await shell(t, script)
  t.is(String(stdout), '2\n')
  const read = (name: string) => readFileSync(join(cwd, name), 'utf8')
  t.deepEqual([read('first'), read('second')], ['1+1\n', '1+1\n'])
  for (const entry of records(read('failed.ndjson'))) t.like(entry, { raw_input: true, record: '1+1' })
})

test('dlq replay -R passes older entries, which are not marked, as text', async t => {
  const script = [
    'printf "\\"1+1\\"\\n" | streamz map --dlq failed.ndjson -q -- sh -c "exit 3"',
    'streamz dlq replay failed.ndjson -R -- bc',
  ].join('; ')
  t.is(String((await shell(t, script)).stdout), '2\n')
})

test('-j 1 is one after another, retries included', async t => {
  const script =
    'read -r n; echo "$n" >>calls; test "$STREAMZ_ATTEMPT" = 3 && echo "$n"; exit $((STREAMZ_ATTEMPT < 3 ? 75 : 0))'
  const args = ['map', '-j', '1', '--retries', '2', '--backoff', '20ms..20ms', '--', 'sh', '-c', script]
  const { stdout, cwd } = await streamz(t, args, { stdin: '1\n2\n3\n' })
  t.is(String(stdout), '1\n2\n3\n')
  t.is(readFileSync(join(cwd, 'calls'), 'utf8').replaceAll('\n', ''), '111222333')
})
