import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { streamz } from '../../helpers/cli.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const lines = '{"id":1,"card":"record-secret"}\n'.repeat(12)

/** Everything that was written into a folder. */
const contents = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')

test('the state says who opened the circuit, and holds no argument, header, body, address or record', async t => {
  const cwd = makeFolder(t)
  const env = { SUDO_USER: 'ann' }
  const args = ['breaker', '--state', 'api.json', '-j', '1', '--on-open', 'fail', '--stage', 'nightly', '--quiet']
  const calls = ['--fail-rate', '40%', '--failures', 'brief', '--id', '.user_secret_path']
  const command = ['sh', '-c', 'echo stderr-secret >&2; exit 7', 'argument-secret', '{.card}']
  const run = await streamz(t, [...args, ...calls, '--', ...command], { cwd, env, stdin: lines })
  t.is(run.exitCode, 75)
  const state = JSON.parse(readFileSync(join(cwd, 'api.json'), 'utf8'))
  t.like(state.reason.who, {
    user: `ann as ${userInfo().username}`,
    stage: 'nightly',
    line: 'streamz breaker --state --concurrency 1 --on-open fail --stage --quiet --fail-rate 40% --failures brief --id -- sh',
  })
  t.like(state.errors[0], { kind: 'exit', exit: 7, program: 'sh' })
  t.notRegex(contents(cwd), /secret/)
  // A program's own words on stderr are passed on as they come.
  t.notRegex(run.stderr, /argument-secret|record-secret/)
})

test('a request leaves nothing of its address, headers and body in the state', async t => {
  const cwd = makeFolder(t)
  const args = ['breaker', '--state', 'api.json', '-j', '1', '--on-open', 'fail', '--quiet', '--failures', 'brief']
  const url = 'http://user:url-secret@127.0.0.1:9/x?token=query-secret'
  const http = ['--http', url, '-H', 'Authorization: Bearer header-secret', '-d', '"body-secret"', '--retries', '0']
  const run = await streamz(t, [...args, ...http], { cwd, stdin: lines })
  t.is(run.exitCode, 75)
  t.notRegex(contents(cwd), /secret/)
  t.notRegex(run.stderr, /secret/)
})

test('a line for the shell is only `sh` in what is stored', async t => {
  const cwd = makeFolder(t)
  const args = ['breaker', '--state', 'api.json', '-j', '1', '--on-open', 'fail', '--quiet', '--failures', 'brief']
  await streamz(t, [...args, '--shell', '--', 'TOKEN=script-secret exit 7'], { cwd, stdin: lines })
  t.regex(contents(cwd), /"line":"streamz breaker [^"]* --shell -- sh"/)
  t.notRegex(contents(cwd), /secret/)
})

test('a state and a log of a version that does not say who are read', async t => {
  const cwd = makeFolder(t)
  const reason = { rule: 'fail_rate', value: 0.62, limit: 0.5, calls: 50, by: 'cron-3:4711' }
  const config = { hash: 'x', fail_rate: 0.5, window: '100/60s', open_for: '30s' }
  const now = Date.now()
  const state = {
    ...{
      v: 1,
      name: 'api',
      rev: 3,
      gen: 2,
      state: 'open',
      since: now - 1000,
      until: now + 20_000,
      reopened: 0,
      reason,
    },
    ...{ override: null, window: { bucket_ms: 6000, buckets: [], last: [] }, probe: { need: 3, ok: 0, lease: null } },
    ...{ counters: { ok: 0, fail: 0, rejected: 0, late: 0 }, config, updated: now - 1000 },
    errors: [{ time: now - 1000, kind: 'exit', exit: 7, message: 'Command exited with 7', n: 12 }],
    writer: { host: 'cron-3', pid: 4711, started: 1, version: '0.1.0' },
  }
  writeFileSync(join(cwd, 'api.json'), JSON.stringify(state))
  const log = {
    time: new Date(now - 1000).toISOString(),
    type: 'transition',
    breaker: 'api',
    from: 'closed',
    to: 'open',
  }
  writeFileSync(join(cwd, 'api.json.log'), `${JSON.stringify({ ...log, reason })}\n`)
  const { stdout } = await streamz(t, ['breaker', 'status', 'api.json'], { cwd })
  const text = String(stdout)
  t.regex(
    text.replaceAll('\n', ' '),
    /opened by cron-3:4711, 62% of 50 calls failed \(limit 50%\), 12 of 12 failures are exit 7:/,
  )
  t.regex(text, /^Changes:\n.*○ open {2}62% of 50 calls failed/m)
  t.true(
    text.split('\n').every(line => line.length <= 80),
    text,
  )
})

test('status is in colour when asked, times are those of the zone, JSON has UTC', async t => {
  const cwd = makeFolder(t)
  const env = { TZ: 'Asia/Kolkata' }
  await streamz(t, ['breaker', 'open', 'api.json', '--why', 'vendor called'], { cwd, env })
  const plain = String((await streamz(t, ['breaker', 'status', 'api.json'], { cwd, env })).stdout)
  t.regex(
    plain.replaceAll('\n', ' '),
    /forced open since \d\d:\d\d:\d\d \+05:30 .*, by hand by \S+ on \S+ .* until .*: "vendor called"/,
  )
  t.notRegex(plain, /\u001b/)
  const painted = await streamz(t, ['breaker', 'status', 'api.json', '--color', 'always'], { cwd, env })
  t.true(String(painted.stdout).includes('\u001b[31m\u001b[1mforced open\u001b[22m\u001b[39m'))
  const json = JSON.parse(String((await streamz(t, ['breaker', 'status', 'api.json', '--json'], { cwd, env })).stdout))
  t.regex(json.since, /Z$/)
  t.like(json.override, { why: 'vendor called' })
})
