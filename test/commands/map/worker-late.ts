import test from 'ava'
import { fixture } from '../../helpers/children.js'
import { records, streamz } from '../../helpers/cli.js'

type Answered = { readonly n: number; readonly answer: { readonly n: number } }

test('each record has the answer that says so, and a late line fails the record that it comes for', async t => {
  const input = Array.from({ length: 5 }, (_, index) => `{"n":${index + 1}}\n`).join('')
  const program = [process.execPath, fixture('late-worker.mjs'), '400', '2', '200']
  const args = ['-j', '1', '--into', '.answer', '--correlate', '.n', '--failures', 'brief']
  const { stdout, stderr, exitCode } = await streamz(t, ['map', '--worker', ...args, '--', ...program], {
    stdin: input,
  })
  const out = records(String(stdout)) as Answered[]
  t.true(out.every(({ n, answer }) => n === answer.n))
  t.deepEqual(
    out.map(({ n }) => n),
    [1, 2, 4, 5],
  )
  t.regex(stderr, /^line 3: output_parse$/m)
  t.is(exitCode, 1)
})

test('many answers that say whose they are are all delivered, in one worker with many in flight', async t => {
  const input = Array.from({ length: 5000 }, (_, index) => `{"n":${index + 1}}\n`).join('')
  const args = ['map', '--worker', '-j', '1', '--pipeline', '50', '--correlate', '.n', '--', 'cat']
  const { stdout, exitCode } = await streamz(t, args, { stdin: input })
  t.true(String(stdout) === input)
  t.is(exitCode, 0)
})

test('a late line that is not JSON is not an answer, and neither are later lines of its worker', async t => {
  const script = 'while read -r l; do echo "$l"; [ "$l" = 3 ] && { sleep 0.3; echo debug; }; sleep 0.1; done'
  const args = ['map', '--worker', '-j', '1', '--failures', 'brief', '--shell', '--', script]
  const { stdout, stderr } = await streamz(t, args, { stdin: '1\n2\n3\n4\n5\n6\n' })
  t.is(String(stdout), '1\n2\n3\n5\n6\n')
  t.regex(stderr, /^line 4: output_parse$/m)
})
