import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { shell } from './helpers/cli.js'
import { failure } from './helpers/dlq.js'
import { makeFolder } from './helpers/temporary-folder.js'

/** Runs a line on a terminal of its own; what it shows. */
const onTerminal = (line: string) => `script -qec ${JSON.stringify(line).replaceAll('$', '\\$')} /dev/null </dev/null`

const prints: Readonly<Record<string, string>> = {
  'a command': `map OPTIONS -- ./evil`,
  'a worker': `map --worker OPTIONS -- ./evil-worker`,
  'a script': `map --js 'r => { console.error(r); return r }' OPTIONS`,
  'a failure record': `map --failures full OPTIONS -- false`,
}
for (const [who, words] of Object.entries(prints)) {
  test(`a terminal obeys nothing of ${who}`, async t => {
    const cwd = makeFolder(t)
    writeFileSync(join(cwd, 'in'), `${JSON.stringify('\u001b]0;owned\u0007 \u009b2J \u202e')}\n`)
    const evil = `printf '\\033]0;owned\\007 \\302\\2332J \\342\\200\\256\\n' >&2`
    writeFileSync(join(cwd, 'evil'), `#!/bin/sh\n${evil}\necho 1\n`, { mode: 0o755 })
    writeFileSync(join(cwd, 'evil-worker'), `#!/bin/sh\n${evil}\nwhile read l; do echo 1; done\n`, { mode: 0o755 })
    const { stdout } = await shell(
      t,
      onTerminal(`streamz ${words.replace('OPTIONS', '--color never --no-progress in')} >out`),
      { cwd },
    )
    const shown = String(stdout)
    t.regex(shown, /\\u202e|\\\\u202e/)
    t.notRegex(shown, /\u001b\]|\u0007|\u009b|\u202e/)
    // Anybody else gets the bytes as they are.
    const { stderr } = await shell(t, `streamz ${words.replace('OPTIONS', 'in')} >out`, { cwd })
    t.true(stderr.includes('\u202e'), stderr)
  })
}

test('--color never is heard before the run', async t => {
  for (const line of [
    'streamz take --color never 1 2 --nonsense',
    'streamz take no --color=never',
    'streamz dlq stats --color never missing',
  ]) {
    const { stderr } = await shell(t, line, { env: { FORCE_COLOR: '1' } })
    t.true(stderr.startsWith('streamz'), JSON.stringify(stderr))
  }
  const { stderr } = await shell(t, 'streamz take no', { env: { FORCE_COLOR: '1' } })
  t.true(stderr.startsWith('\u001b['))
})

test('a terminal that does not know its width has 80 columns', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'f'), failure({ entry: 'abc' }))
  const { stdout } = await shell(t, onTerminal('stty cols 0; streamz dlq ls f'), { cwd })
  t.regex(String(stdout), /^abc .* exit /m)
})

test('a user without a home gets a message with the option to use', async t => {
  // Only the superuser can be somebody who is in no list of users.
  const line = `env -u HOME -u XDG_STATE_HOME setpriv --reuid 54321 --clear-groups "$NODE" "$PROGRAM" breaker --name api -- cat`
  if (process.getuid?.() !== 0) return t.pass()
  const env = { NODE: process.execPath, PROGRAM: 'dist/streamz.cjs' }
  const { stderr, exitCode } = await shell(t, line, { env, cwd: process.cwd() })
  t.is(exitCode, 2, stderr)
  t.regex(stderr, /HOME is not set .* give --state FILE/)
})

test('a FILE after the command gets a message that shows its place', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'in'), '1\n')
  const line = 'script -qec "streamz map -- cat in" /dev/null'
  const { stdout } = await shell(t, line, { cwd })
  t.regex(String(stdout), /Put a FILE before it: streamz map in -- cat\r?\n/)
})
