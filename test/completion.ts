import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
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
test(offers, ['take', '3', '--failures', ''], ['full', 'text', 'brief'])
test(offers, ['throttle', '--mode', ''], ['delay', 'drop', 'reject', 'first'])
test(offers, ['gate', '--on-unhealthy', 'r'], ['reject'])
test(offers, ['breaker', '--on-open', ''], ['pause', 'fail', 'reject'])
test(offers, ['breaker', '--dlq-outage', ''], ['on', 'off'])
test(offers, ['breaker', ''], ['status', 'check', 'open', 'close', 'reset'])
test(
  offers,
  ['breaker', 'close', '--'],
  [
    '--for',
    '--why',
    '--state',
    '--name',
    '--state-auth',
    '--state-cacert',
    '--state-creds',
    '--color',
    '--quiet',
    '--help',
  ],
)
test(offers, ['dlq', ''], ['stats', 'ls', 'show', 'replay', 'unpark', 'purge', 'compact'])
test(offers, ['dlq', 'ls', 'failed.ndjson', '--state', ''], ['waiting', 'parked', 'done'])
test(offers, ['dlq', 'stats', 'failed.ndjson', '--kind', 'ti'], ['timeout'])
test(offers, ['dlq', 'replay', 'failed.ndjson', '--class', 't'], ['transient', 'throttled'])
test(offers, ['help', 'ex'], ['explain', 'exit-codes'])
test(offers, ['completion', ''], ['bash', 'zsh', 'fish', 'powershell'])
test(offers, ['take', '3', ''], [], ':0')
test(offers, ['take', '3', '--dlq', ''], [], ':0')
test(offers, ['breaker', 'status', 'a'], [], ':0')
test(offers, ['map', '--', ''], [], ':0')

test(offers, ['complet'], ['completion'])
test(offers, ['map', '-j', '--order', ''], [], ':0')
test(offers, ['map', '-j4', '--order', ''], ['input', 'completion'])
test(offers, ['take', '$(touch PWNED)', '--su'], ['--summary'])
test(offers, ['nothing', ''], [], ':0')
test(offers, ['--v'], ['--version'])
test(offers, ['map', '--', 'ls', '--'], [], ':0')

test('behind a dash all options are offered', async t => {
  const { stdout } = await streamz(t, ['complete', '--', 'take', '3', '-'])
  const words = String(stdout).split('\n')
  t.deepEqual(
    ['--dlq', '--quiet', '--help'].map(flag => words.some(word => word.startsWith(`${flag}\t`))),
    [true, true, true],
  )
})

type Reply = readonly [line: string, wanted: string, breaks?: string]

/** A line as bash cuts it: at spaces, and at | where there is none. The cursor is at its end. */
const press = ([cut, , breaks = ' =:><;&(']: Reply): string => {
  const line = cut.replaceAll('|', '')
  const words = cut.split(/[ |]/)
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  return `COMP_WORDBREAKS=${quote(breaks)} COMP_LINE=${quote(line)} COMP_POINT=${line.length} COMP_CWORD=${words.length - 1}
    COMP_WORDS=(${words.map(quote).join(' ')}); __streamz_complete; printf '%s\n' "\${COMPREPLY[*]-}"`
}

const replies = test.macro(async (t, cases: readonly Reply[]) => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'keep.txt'), 'kept')
  const source = '. <(streamz completion bash); '
  const script = `set -u; ${source.repeat(2)} ${cases.map(press).join('\n')}`
  const { stdout, stderr } = await shell(t, script, { cwd })
  const wanted = cases.map(([line, reply]) => [line, reply])
  const lines = String(stdout).replace(/\n$/, '').split('\n')
  t.deepEqual([cases.map(([line], index) => [line, lines[index]]), String(stderr)], [wanted, ''])
  t.deepEqual(readdirSync(cwd), ['keep.txt'])
  t.is(readFileSync(join(cwd, 'keep.txt'), 'utf8'), 'kept')
})

test('bash offers what is known, and leaves the rest to files', replies, [
  ['streamz map --order c', 'completion'],
  ['streamz map --order|=', 'input completion'],
  ['streamz map --order|=|c', 'completion'],
  ['streamz map --order=c', '--order=completion', ' '],
  ['streamz throttle --id a|:|b --mode|=|dr', 'drop'],
  ['streamz breaker st', 'status'],
  ['streamz take 3 orders', ''],
])

test('bash completes behind redirections, and names of files in them', replies, [
  ['streamz take 3 > keep.txt --su', '--summary'],
  ['streamz map 2|>|keep.txt --order|>>|keep|=|a.txt c', 'completion'],
  ['streamz take 3 > tak', ''],
  ['streamz take 3 < --su', ''],
])

test('bash runs and writes nothing of the line', replies, [
  ['streamz take 3 in.ndjson > keep.txt --su', '--summary'],
  ['streamz take $(>PWNED;echo) --su', '--summary'],
  ['streamz take `>PWNED` --su', '--summary'],
  ['streamz take 3 ; >PWNED ; --su', '--summary'],
  ['streamz take 3 --id=$(>PWNED) --su', '--summary'],
  ['streamz take 3 --id=$(>PWNED)', '', ' '],
  ['streamz take 3 --$(>PWNED)=', '', ' '],
  [`streamz take "';>PWNED;'" 'a --su`, '--summary'],
  ['streamz take * ~ {a,b} --su', '--summary'],
])

// What evaluates text: `eval` and `source` in all shells, `_arguments` in zsh, Invoke-Expression in PowerShell.
const evaluates = /\b(eval|source|_arguments|Invoke-Expression|iex|Invoke-Command|ScriptBlock]::Create)\b|\$\{\(e\)/i

/** How each script hands on the words of the line: one argument each. */
const calls: Readonly<Record<string, string>> = {
  bash: `streamz complete -- "\${words[@]:2}"`,
  zsh: `streamz complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}"`,
  fish: 'streamz complete -- $words[2..-1] "$current"',
  powershell: "& streamz complete '--' @words $current",
}

for (const [name, call] of Object.entries(calls)) {
  test(`the script for ${name} evaluates no text of the line`, async t => {
    const script = String((await streamz(t, ['completion', name])).stdout)
    t.notRegex(script, evaluates)
    t.is(script.split('streamz complete ').length, 2)
    t.true(script.includes(call), script)
  })
}

test('an unknown shell is an error that lists the known ones', async t => {
  const { exitCode, stderr } = await streamz(t, ['completion', 'constructor'])
  t.is(exitCode, 2)
  t.true(stderr.includes('expected bash, zsh, fish or powershell'), stderr)
})
