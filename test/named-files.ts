import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { shell } from './helpers/cli.js'
import { makeFolder } from './helpers/temporary-folder.js'

const shared: readonly string[] = [
  'streamz take 1 --dlq x --summary x <in',
  'streamz throttle --rate 1/s --state x --dlq ./x <in',
  'streamz breaker --state x --events x --timeout 1s -- cat <in',
  'streamz map --module m.mjs --summary m.mjs <in',
  'streamz map --http http://127.0.0.1:9 --cacert m.mjs --dlq m.mjs <in',
  "streamz map --http http://127.0.0.1:9 -H 'Authorization: Bearer @m.mjs' --dlq m.mjs <in",
  'streamz dlq --to x --route kind=exit:x <in',
  'streamz route a=.n --to a=x --dlq x <in',
  'streamz route a=.n b=.m --to a=x --to b=./x <in',
  'streamz route a=.n --to a=x --dlq x.part <in',
  'streamz dlq --to x --summary x.done <in',
  'streamz dlq replay in --summary in.done -- cat',
  'streamz dlq replay in --summary in',
  'streamz take 1 --summary m.mjs <in 2>>m.mjs',
]
for (const line of shared) {
  test(`one file for two things is refused before it exists: ${line}`, async t => {
    const cwd = makeFolder(t)
    writeFileSync(join(cwd, 'in'), '1\n')
    writeFileSync(join(cwd, 'm.mjs'), 'export default r => r\n')
    const { stdout, stderr, exitCode } = await shell(t, `${line}; echo "exit $?"; cat in`, { cwd })
    t.is(exitCode, 0)
    t.is(String(stdout), 'exit 2\n1\n')
    const told = line.includes('2>>') ? readFileSync(join(cwd, 'm.mjs'), 'utf8') : stderr
    t.regex(told, /is the same file as/)
    t.true(readFileSync(join(cwd, 'm.mjs'), 'utf8').startsWith('export default r => r\n'))
    for (const name of ['x', 'x.done', 'in.done']) t.false(existsSync(join(cwd, name)), name)
  })
}

const alone: Readonly<Record<string, (path: string) => string>> = {
  '--summary': path => `take 1 --deadline 5s --summary ${path} <in`,
  '--dlq': path => `take 1 --deadline 5s --dlq ${path} <in`,
  '--state of throttle': path => `throttle --rate 9/s --deadline 5s --state ${path} <in`,
  '--state of breaker': path => `breaker --deadline 5s --state ${path} --timeout 1s -- cat <in`,
  '--events': path => `breaker --no-state --deadline 5s --consecutive 1 --events ${path} -- false <in`,
  '--to': path => `dlq --deadline 5s --to ${path} <in`,
  '--route': path => `dlq --deadline 5s --to x --route kind=exit:${path} <in`,
  'the place of a route': path => `route a=.n --deadline 5s --to a=${path} <in`,
  '--cacert': path => `map --deadline 5s --http http://127.0.0.1:9 --cacert ${path} <in`,
  '--header': path => `map --deadline 1s --http http://127.0.0.1:9 -H 'X-A: @${path}' --retries 0 <in`,
  '--module': path => `map --deadline 5s --module ${path} <in`,
  'FILE of replay': path => `dlq replay ${path} -- cat`,
  'FILE of stats': path => `dlq stats ${path}`,
}
const codes: Readonly<Record<string, (flag: string) => readonly number[]>> = {
  fifo: flag => (/^--(summary|dlq|to|route|state of throttle)$/.test(flag) ? [74] : [0, 1, 2, 74, 75, 124]),
  folder: flag => (/^--(summary|dlq|to|route)$/.test(flag) ? [74] : [0, 1, 2, 74, 75, 124]),
  '/dev/full': flag => (/^--(summary|dlq|to|route)$/.test(flag) ? [74] : [0, 1, 2, 74, 75, 124]),
}
for (const [flag, make] of Object.entries(alone)) {
  for (const [path, wanted] of Object.entries(codes)) {
    test(`nothing blocks or is overwritten: ${flag} ${path}`, async t => {
      const cwd = makeFolder(t)
      writeFileSync(join(cwd, 'in'), '{"n":1}\n')
      const line = `mkfifo fifo; mkdir folder; timeout -s KILL 20 streamz ${make(path)}`
      const { exitCode, stderr } = await shell(t, line, { cwd })
      t.true(wanted(flag).includes(exitCode ?? -1), `exit ${exitCode}: ${stderr}`)
      t.false(stderr.includes('bug in streamz'), stderr)
      t.is(readFileSync(join(cwd, 'in'), 'utf8'), '{"n":1}\n')
    })
  }
}

test('a value may come out of a process', async t => {
  const line = `streamz map --dry-run --http http://127.0.0.1:9 -H @<(sleep 0.1; printf 'x') <in 2>&1; streamz map --http http://127.0.0.1:9 --retries 0 --cacert <(sleep 0.1; echo no) <in; echo $?`
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'in'), '1\n')
  const { stderr } = await shell(t, line, { cwd })
  t.regex(stderr, /holds no certificate in PEM/)
})
