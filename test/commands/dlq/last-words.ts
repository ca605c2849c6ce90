import test from 'ava'
import { streamz } from '../../helpers/cli.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const lines = '{"id":1}\n{"id":2}\n{"id":3}\n'
const script = 'echo trying >&2; echo "curl: (7) Failed to connect to port $1" >&2; exit 7'

test('the cause stands in ls, in stats, grouped without its digits, and in the last message of the run', async t => {
  const cwd = makeFolder(t)
  const run = await streamz(t, ['map', '--dlq', 'failed.ndjson', '--', 'sh', '-c', script, 'x', '80{.id}'], {
    cwd,
    stdin: lines,
  })
  t.regex(
    run.stderr,
    /3 of 3 records failed \(3 exit\); kept in failed\.ndjson; .*; last: curl: \(7\) Failed to connect to port 80\d\n/,
  )
  const ls = await streamz(t, ['dlq', 'ls', 'failed.ndjson'], { cwd })
  t.is(String(ls.stdout).match(/Command exited with 7: curl: \(7\) Failed to connect to port 80\d\n/g)?.length, 3)
  const stats = await streamz(t, ['dlq', 'stats', 'failed.ndjson', '--json'], { cwd })
  const { causes } = JSON.parse(String(stats.stdout))
  t.deepEqual(
    causes.map(({ count, cause }: { count: number; cause: string }) => [count, cause]),
    [[3, 'curl: (#) Failed to connect to port #']],
  )
  const drawn = await streamz(t, ['dlq', 'stats', 'failed.ndjson'], { cwd })
  t.regex(String(drawn.stdout), /Command exited with #: curl: \(#\) Failed to connect to port #\n/)
})

test('different last lines are different causes', async t => {
  const cwd = makeFolder(t)
  const run = ['map', '--dlq', 'failed.ndjson', '--', 'sh', '-c', 'echo "$1" >&2; exit 1', 'x', '{.why}']
  await streamz(t, run, { cwd, stdin: '{"why":"no such host"}\n{"why":"timed out"}\n{"why":"no such host"}\n' })
  const stats = await streamz(t, ['dlq', 'stats', 'failed.ndjson', '--json'], { cwd })
  const { causes } = JSON.parse(String(stats.stdout))
  t.deepEqual(
    causes.map(({ count, cause }: { count: number; cause: string }) => [count, cause]),
    [
      [2, 'no such host'],
      [1, 'timed out'],
    ],
  )
})

test('a line of text for a failure ends with the cause; brief has none', async t => {
  const run = (how: string) =>
    streamz(t, ['map', '-j', '1', '--failures', how, '--', 'sh', '-c', script, 'x', '1'], { stdin: '{}\n' })
  t.regex((await run('text')).stderr, /line 1: exit: Command exited with 7: curl: \(7\) Failed to connect to port 1\n/)
  t.regex((await run('brief')).stderr, /^line 1: exit\n/m)
})
