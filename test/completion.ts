import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { shell, streamz } from './helpers/cli.js'
import { makeFolder } from './helpers/temporary-folder.js'

/** The last line says whether the shell may offer files (`:0`) or not (`:4`). */
const offers = test.macro({
  title: (_, words: readonly string[]) => `completion of: streamz ${words.join(' ')}_`,
  async exec(t, words: readonly string[], wanted: readonly string[], last = ':4') {
    const { stdout, exitCode } = await streamz(t, ['complete', '--', ...words])
    const lines = String(stdout).trimEnd().split('\n')
    t.deepEqual([lines.at(-1), exitCode], [last, 0])
    t.deepEqual(
      lines.slice(0, -1).map(line => line.split('\t')[0]),
      wanted,
    )
  },
})

test(offers, ['thr'], ['throttle'])
test(offers, ['map', '--order-'], ['--order-window', '--order-by'])
test(offers, ['map', '--order', ''], ['input', 'completion'])
test(offers, ['map', '--order', 'c'], ['completion'])
test(offers, ['map', '--order=c'], ['completion'])
test(offers, ['take', '3', '--color', ''], ['never', 'always', 'auto'])
test(offers, ['take', '3', '--failures', ''], ['full', 'brief'])
test(offers, ['throttle', '--mode', ''], ['delay', 'drop', 'reject', 'first'])
test(offers, ['gate', '--on-unhealthy', 'r'], ['reject'])
test(offers, ['breaker', '--on-open', ''], ['pause', 'fail', 'reject'])
test(offers, ['breaker', '--dlq-outage', ''], ['on', 'off'])
test(offers, ['breaker', ''], ['status', 'check', 'open', 'close', 'reset'])
test(
  offers,
  ['breaker', 'close', '--'],
  ['--state', '--name', '--no-state', '--for', '--why', '--color', '--quiet', '--help'],
)
test(offers, ['dlq', ''], ['stats', 'ls', 'show', 'replay', 'unpark', 'purge', 'compact'])
test(offers, ['dlq', 'ls', 'failed.ndjson', '--state', ''], ['waiting', 'parked', 'done'])
test(offers, ['dlq', 'stats', 'failed.ndjson', '--kind', 'ti'], ['timeout'])
test(offers, ['dlq', 'replay', 'failed.ndjson', '--class', 't'], ['transient', 'throttled'])
test(offers, ['help', 'ex'], ['exit-codes'])
test(offers, ['completion', ''], ['bash', 'zsh', 'fish', 'powershell'])
test(offers, ['take', '3', ''], [], ':0')
test(offers, ['take', '3', '--dlq', ''], [], ':0')
test(offers, ['breaker', 'status', 'a'], [], ':0')
test(offers, ['map', '--', ''], [], ':0')

test('the script for bash offers what is known, and leaves the rest to files', async t => {
  const cwd = makeFolder(t)
  // Stands for the package bash-completion, which knows the words on the line.
  const library = `_get_comp_words_by_ref() { words=($line); cword=$((\${#words[@]} - 1)); cur=\${words[cword]}; }`
  writeFileSync(join(cwd, 'library'), `${library}\ncompopt() { echo "compopt $*"; }\n`)
  const ask = (line: string) => `line='${line}'; __streamz_complete; echo "$line: <\${COMPREPLY[*]}>"`
  const script = `. ./library; . <(streamz completion bash); complete -p streamz
    ${['streamz map --order c', 'streamz breaker st', 'streamz take 3 orders'].map(ask).join('; ')}`
  const { stdout, stderr } = await shell(t, script, { cwd })
  t.deepEqual(String(stdout).trimEnd().split('\n'), [
    'complete -o default -F __streamz_complete streamz',
    'compopt +o default',
    'streamz map --order c: <completion>',
    'compopt +o default',
    'streamz breaker st: <status>',
    'streamz take 3 orders: <>',
  ])
  t.is(stderr, '')
})
