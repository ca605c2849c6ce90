import test from 'ava'
import { shell, streamz } from './helpers/cli.js'

const refused = test.macro({
  title: (_, line: string) => `an empty value is refused: streamz ${line}`,
  async exec(t, line: string, flag: string) {
    const { stdout, stderr, exitCode } = await shell(t, `echo 1 | streamz ${line}`)
    t.deepEqual([String(stdout), exitCode], ['', 2])
    t.true(stderr.includes(`${flag}: the value is empty`), stderr)
    t.regex(stderr, new RegExp(`expected ${flag} [A-Z]+\\n`))
  },
})

test(refused, "take 1 --dlq ''", '--dlq')
test(refused, "take 1 --summary ''", '--summary')
test(refused, "take 1 --stage ''", '--stage')
test(refused, "throttle --rate 1/s --state ''", '--state')
test(refused, "breaker --state '' -- cat", '--state')
test(refused, "breaker --name '' -- cat", '--name')
test(refused, "breaker --on-change '' -- cat", '--on-change')
test(refused, "breaker --events '' -- cat", '--events')
test(refused, "gate --file ''", '--file')
test(refused, "gate --cmd ''", '--cmd')
test(refused, "gate --breaker ''", '--breaker')
test(refused, "dlq --to ''", '--to')
test(refused, "dlq ls f --stage ''", '--stage')
test(refused, "map --js ''", '--js')
test(refused, "map --module ''", '--module')
test(refused, "map --http ''", '--http')
for (const flag of ['--cacert', '--cert', '--key', '--proxy'])
  test(refused, `map --http http://127.0.0.1:9 ${flag} ''`, flag)

for (const args of [
  ['take', '1', ''],
  ['dlq', 'stats', ''],
  ['dlq', 'ls', ''],
  ['dlq', 'purge', '--older-than', '1d', ''],
  ['breaker', 'status', ''],
  ['breaker', 'open', ''],
]) {
  test(`an empty operand is refused: streamz ${args.join(' ')}`, async t => {
    const { stderr, exitCode } = await streamz(t, args)
    t.is(exitCode, 2)
    t.regex(stderr, /An operand is empty/)
  })
}
