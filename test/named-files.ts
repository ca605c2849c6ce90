import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
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

// All flags of a command that name a file it writes, and how they are given.
const writing: Readonly<Record<string, { readonly flags: readonly string[]; readonly line: string }>> = {
  take: { flags: ['--dlq', '--summary', 'FILE'], line: 'take 1' },
  throttle: { flags: ['--state', '--dlq', '--summary', 'FILE'], line: 'throttle --rate 9/s' },
  breaker: {
    flags: ['--state', '--events', '--rate-state', '--dlq', '--summary'],
    line: "breaker --rate 9/s --timeout 1s --js 'r => r'",
  },
  map: { flags: ['--rate-state', '--dlq', '--summary', 'FILE'], line: "map --rate 9/s --js 'r => r'" },
  dlq: { flags: ['--to', '--route', '--summary', 'FILE'], line: 'dlq' },
  'dlq replay': { flags: ['FILE', '--rate-state', '--summary'], line: "dlq replay --rate 9/s --js 'r => r'" },
}
const give = (flag: string, path: string): string =>
  flag === 'FILE' ? path : flag === '--route' ? `--route kind=exit:${path}` : `${flag} ${path}`
const listPairs = <T>(all: readonly T[]): (readonly [T, T])[] =>
  all.flatMap((one, index) => all.slice(index + 1).map(other => [one, other] as const))
/** Two names of one file; the first way to name it is not there yet. */
const names: Readonly<Record<string, (cwd: string) => readonly [string, string]>> = {
  'a new file': () => ['new', './sub/../new'],
  'a file': () => ['here', 'here'],
  'a hard link': cwd => {
    linkSync(join(cwd, 'here'), join(cwd, 'again'))
    return ['here', 'again']
  },
  'a link to it': cwd => {
    symlinkSync('../here', join(cwd, 'sub/link'))
    return ['sub/link', 'here']
  },
  'a link in a linked folder, to a new file': cwd => {
    symlinkSync('sub/deep', join(cwd, 'folder'))
    symlinkSync('../new', join(cwd, 'sub/deep/link'))
    return ['folder/link', 'sub/new']
  },
}
const lookAt = (cwd: string) =>
  readdirSync(cwd, { recursive: true })
    .map(String)
    .sort()
    .map(name => [name, lstatSync(join(cwd, name)).isFile() && readFileSync(join(cwd, name), 'utf8')])
// Every pair in every way is a test of checkFiles; here each pair is named in one way, and each way by many pairs.
const ways = Object.entries(names)
for (const [command, { flags, line }] of Object.entries(writing)) {
  for (const [index, [one, other]] of listPairs(flags).entries()) {
    // What is read must be there.
    const isRead = one === 'FILE' || other === 'FILE'
    const possible = ways.filter(([what]) => !isRead || !what.includes('new file'))
    const [what, name] = possible[index % possible.length] as (typeof possible)[number]
    test(`${one} and ${other} of ${command} name ${what}: refused, nothing is touched`, async t => {
      const cwd = makeFolder(t)
      mkdirSync(join(cwd, 'sub/deep'), { recursive: true })
      writeFileSync(join(cwd, 'here'), '{"n":1}\n')
      writeFileSync(join(cwd, 'other'), '{"n":2}\n')
      const [first, second] = name(cwd)
      const before = lookAt(cwd)
      const needed = command === 'dlq' && ![one, other].includes('--to') ? '--to letters' : ''
      const file = command === 'dlq replay' && ![one, other].includes('FILE') ? 'other' : ''
      const run = `timeout -s KILL 20 streamz ${line} ${needed} ${file} ${give(one, first)} ${give(other, second)} </dev/null`
      const { exitCode, stdout, stderr } = await shell(t, run, { cwd })
      t.is(exitCode, 2, `${what}: ${stderr}`)
      t.regex(stderr, /is the same file as/, what)
      t.is(String(stdout), '')
      t.deepEqual(lookAt(cwd), before, what)
    })
  }
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

const input = '{"$streamz":"error/1","error":{"kind":"exit"},"record":1}\n'
const kept: Readonly<Record<string, (path: string) => string>> = {
  '--summary': path => `take 1 --summary ${path} <in`,
  '--dlq': path => `throttle --rate 1/h --mode reject --dlq ${path} <two`,
  '--state of throttle': path => `throttle --rate 9/s --state ${path} <two`,
  '--state of breaker': path => `breaker --timeout 1s --state ${path} --js 'r => r' <two`,
  '--events': path => `breaker --no-state --consecutive 1 --events ${path} -- false <two`,
  '--rate-state': path => `map --rate 9/s --rate-state ${path} --js 'r => r' <two`,
  '--to': path => `dlq --to ${path} <in`,
  '--route': path => `dlq --to x --route kind=exit:${path} <in`,
}
for (const [flag, make] of Object.entries(kept)) {
  const tryLink = async (t: ExecutionContext, to: string, prepare: string) => {
    const cwd = makeFolder(t)
    mkdirSync(join(cwd, 'links'))
    mkdirSync(join(cwd, 'real'))
    writeFileSync(join(cwd, 'in'), input)
    writeFileSync(join(cwd, 'two'), '1\n2\n')
    symlinkSync(to, join(cwd, 'links/link'))
    const line = `${prepare} timeout -s KILL 20 streamz ${make('links/link')} >/dev/null`
    const { exitCode, stderr } = await shell(t, line, { cwd })
    t.false(stderr.includes('bug in streamz'), stderr)
    t.deepEqual(readdirSync(join(cwd, 'links')), ['link'])
    t.true(lstatSync(join(cwd, 'links/link')).isSymbolicLink())
    return { cwd, exitCode, stderr }
  }
  test(`a link is followed: ${flag}`, async t => {
    for (const prepare of ['', 'touch real/file;']) {
      const { cwd, stderr } = await tryLink(t, '../real/file', prepare)
      t.true(existsSync(join(cwd, 'real/file')), stderr)
      t.true(lstatSync(join(cwd, 'real/file')).size > 0, `${prepare} ${stderr}`)
    }
  })
  test(`a link in a loop, or to what is no file, is not written to and blocks nothing: ${flag}`, async t => {
    const targets = { link: '', '../fifo': 'mkfifo fifo;', '../real': '', '/dev/full': '', '../none/file': '' }
    for (const [to, prepare] of Object.entries(targets)) {
      const { cwd, exitCode, stderr } = await tryLink(t, to, prepare)
      // Changes of state are told for convenience, and the state of a breaker stops nobody from working.
      const wanted = /events|state of breaker/.test(flag) && to !== 'link' ? [0, 1, 74] : [74]
      t.true(wanted.includes(exitCode ?? -1), `${to}: exit ${exitCode}: ${stderr}`)
      t.regex(stderr, /link|fifo|real|full|none/, to)
      t.deepEqual(readdirSync(join(cwd, 'real')), [])
    }
  })
}

test('a value may come out of a process', async t => {
  const line = `streamz map --dry-run --http http://127.0.0.1:9 -H @<(sleep 0.1; printf 'x') <in 2>&1; streamz map --http http://127.0.0.1:9 --retries 0 --cacert <(sleep 0.1; echo no) <in; echo $?`
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'in'), '1\n')
  const { stderr } = await shell(t, line, { cwd })
  t.regex(stderr, /has no PEM certificate/)
})
