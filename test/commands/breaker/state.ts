import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { open, readState, writeState } from '../../helpers/breaker-state.js'
import { streamz } from '../../helpers/cli.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const lines = (count: number) => Array.from({ length: count }, (_, index) => `{"n":${index + 1}}\n`).join('')
const state = ['--state', 'api.json']

const survives = test.macro({
  title: name => `a state that is ${name} costs no record and harms nobody's file`,
  async exec(t: ExecutionContext, prepare: (cwd: string) => void, warning: RegExp, after: (cwd: string) => unknown) {
    const cwd = makeFolder(t)
    prepare(cwd)
    const before = after(cwd)
    const { stdout, exitCode, stderr } = await streamz(t, ['breaker', ...state, '--', 'cat'], { cwd, stdin: lines(5) })
    t.is(exitCode, 0)
    t.is(String(stdout), lines(5))
    t.regex(stderr, warning)
    t.deepEqual(after(cwd), before)
  },
})
const content = (file: string) => (cwd: string) => readFileSync(join(cwd, file), 'utf8')
test(
  'of a newer version',
  survives,
  cwd => writeFileSync(join(cwd, 'api.json'), '{"v":2,"state":"ajar"}\n'),
  /newer version of streamz.*uses only what this process sees/,
  content('api.json'),
)
test(
  "a symbolic link to another program's file",
  survives,
  cwd => {
    writeFileSync(join(cwd, 'mine'), '{"precious":1}')
    symlinkSync('mine', join(cwd, 'api.json'))
  },
  /mine .*not a state/,
  content('mine'),
)
test(
  "another program's JSON",
  survives,
  cwd => writeFileSync(join(cwd, 'api.json'), '{"a":1}\n'),
  /not a state/,
  content('api.json'),
)
test(
  'a folder',
  survives,
  cwd => mkdirSync(join(cwd, 'api.json')),
  /folder|regular file/,
  () => 0,
)
test(
  'of an unwritable place',
  survives,
  cwd => {
    writeFileSync(join(cwd, 'file'), 'precious')
    symlinkSync('/proc/none/api.json', join(cwd, 'api.json.lock'))
  },
  /api\.json/,
  content('file'),
)

for (const [name, damage] of [
  ['cut off', (text: string) => text.slice(0, text.length / 2)],
  ['empty', () => ''],
  ['nonsense inside', (text: string) => text.replace('"gen":2', '"gen":"two"')],
] as const) {
  test(`a state that is ${name} is kept aside, and the run starts closed`, async t => {
    const cwd = makeFolder(t)
    writeState(cwd, open)
    const damaged = damage(readFileSync(join(cwd, 'api.json'), 'utf8'))
    writeFileSync(join(cwd, 'api.json'), damaged)
    const { exitCode, stderr } = await streamz(t, ['breaker', ...state, '--', 'cat'], { cwd, stdin: lines(5) })
    t.is(exitCode, 0)
    t.regex(stderr, /api\.json\.bad-/)
    const kept = readdirSync(cwd).filter(file => file.startsWith('api.json.bad-'))
    t.is(kept.length, 1)
    t.is(readFileSync(join(cwd, kept[0] ?? ''), 'utf8'), damaged)
    t.like(readState(cwd), { state: 'closed', counters: { ok: 5 } })
  })

  test(`with --state-strict a state that is ${name} is exit 74, and nothing is read`, async t => {
    const cwd = makeFolder(t)
    writeState(cwd, open)
    const damaged = damage(readFileSync(join(cwd, 'api.json'), 'utf8'))
    writeFileSync(join(cwd, 'api.json'), damaged)
    const args = ['breaker', ...state, '--state-strict', '--', 'cat']
    const { exitCode, stdout } = await streamz(t, args, { cwd, stdin: lines(5) })
    t.is(exitCode, 74)
    t.is(String(stdout), '')
    t.is(readFileSync(join(cwd, 'api.json'), 'utf8'), damaged)
  })
}

test('the state may not be the input', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'api.json'), lines(1))
  const { exitCode } = await streamz(t, ['breaker', ...state, 'api.json', '--', 'cat'], { cwd })
  t.is(exitCode, 2)
  t.is(readFileSync(join(cwd, 'api.json'), 'utf8'), lines(1))
})
