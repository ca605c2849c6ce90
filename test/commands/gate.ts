import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { checkBreaker } from '../../src/commands/gate/checks.js'
import { admit, initial, settle } from '../../src/core/breaker/breaker.js'
import { createBreakerOptions } from '../../src/core/breaker/options.js'
import { save } from '../../src/core/breaker/save.js'
import { streamz } from '../helpers/cli.js'
import { makeFolder } from '../helpers/temporary-folder.js'

test('while the gate is closed not one byte is read', async t => {
  const folder = makeFolder(t)
  const input = join(folder, 'in.ndjson')
  writeFileSync(input, '{"a":1}\n{"a":2}\n')
  const file = openSync(input, 'r')
  const { exitCode, stdout, stderr } = await streamz(t, ['gate', '--file', 'missing', '--max-wait', '200ms'], {
    cwd: folder,
    stdin: { fd: file },
  })
  t.is(exitCode, 75, stderr)
  t.is(String(stdout), '')
  const rest = Buffer.alloc(100)
  t.is(rest.toString('utf8', 0, readSync(file, rest)), readFileSync(input, 'utf8'))
  closeSync(file)
})

test('an open gate passes the very same bytes', async t => {
  const folder = makeFolder(t)
  const input = join(folder, 'in.ndjson')
  writeFileSync(input, '{ "a" : 1.0 }\r\nnot json\n')
  const file = openSync(input, 'r')
  const { exitCode, stdout, stderr } = await streamz(t, ['gate', '--cmd', 'test -f in.ndjson', '--interval', '10ms'], {
    cwd: folder,
    stdin: { fd: file },
  })
  closeSync(file)
  t.is(exitCode, 0, stderr)
  t.is(String(stdout), readFileSync(input, 'utf8'))
  t.is(stderr, '')
})

for (const [args, message] of [
  [[], 'No health check was given'],
  [['--file', 'a', '--cmd', 'b'], 'More than one health check was given'],
  [['--http', 'ftp://x'], '--http: "ftp://x" is not a web address'],
] as const) {
  test(`gate ${args.join(' ')} is refused before anything is read`, async t => {
    const { exitCode, stderr } = await streamz(t, ['gate', ...args])
    t.is(exitCode, 2)
    t.true(stderr.includes(message), stderr)
  })
}

test('a cron script and a pipeline that ask first both recover once the probe is due', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'api.json')
  const now = Date.now()
  // Tripped by its own rule, under a pause much longer than the default.
  const options = createBreakerOptions({
    name: 'api',
    minCalls: 1,
    openFor: { first: 3_600_000, longest: 7_200_000, jitter: 0 },
  })
  const write = (age: number) => {
    const breaker = initial(options, now - age)
    const admission = admit(breaker, now - age)
    settle(breaker, admission.kind === 'call' ? admission.generation : 0, now - age, 'failure', 1)
    writeFileSync(path, save(breaker, { host: 'h', pid: 1, started: now, version: '1' }, now - age))
  }
  const check = () => streamz(t, ['breaker', 'check', 'api.json', '-q'], { cwd: folder })
  const pass = () =>
    streamz(t, ['breaker', '--state', 'api.json', '--open-for', '1h..2h', '--probes', '1', '--', 'cat'], {
      cwd: folder,
      stdin: '1\n2\n',
    })
  write(60_000)
  t.is((await check()).exitCode, 75)
  t.is(await checkBreaker(path)(), `the breaker ${path} is open`)
  write(3_700_000)
  t.is((await check()).exitCode, 0, 'its probe is due')
  t.is(await checkBreaker(path)(), undefined)
  const { exitCode, stdout, stderr } = await pass()
  t.is(exitCode, 0, stderr)
  t.is(String(stdout), '1\n2\n')
  t.is((await check()).exitCode, 0)
  t.is(JSON.parse(readFileSync(path, 'utf8')).state, 'closed')
})
