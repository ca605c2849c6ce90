import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { checkBreaker, checkCommand, checkFile, checkHttp } from '../src/cli/gate-checks.js'
import { admit, force, initial, settle } from '../src/core/breaker.js'
import { createBreakerOptions } from '../src/core/breaker-options.js'
import { save } from '../src/core/breaker-save.js'
import { createFakeClock } from '../src/core/clock.js'
import { Lines } from '../src/core/lines.js'
import type { Context, Stop } from '../src/core/processor.js'
import { createGate, type GateOptions } from '../src/processors/gate.js'

/** A gate on a fake clock; `healthy` says what the next checks find. */
const createHarness = (options: Partial<GateOptions> = {}) => {
  const clock = createFakeClock()
  const cut = new AbortController()
  const state = { healthy: true, checks: 0 }
  const emitted: string[] = []
  const rejected: string[] = []
  const told: string[] = []
  let stopped: Stop | undefined
  let givenBack = 0
  const context: Context = {
    emit: lines => void emitted.push(lines.view().toString().trim()),
    reject: (line, failure) => void rejected.push(`${line.number} ${failure.kind} ${failure.failureClass}`),
    filter() {},
    giveBack: lines => {
      givenBack += lines.length
    },
    stop: reason => {
      stopped = reason
      cut.abort()
    },
    event() {},
    clock,
    signal: cut.signal,
    killSignal: new AbortController().signal,
  }
  const gate = createGate(
    {
      check: async () => {
        state.checks++
        return state.healthy ? undefined : 'it is down'
      },
      interval: 1000,
      rise: 2,
      fall: 3,
      onUnhealthy: 'pause',
      maxWait: 60_000,
      tell: message => told.push(message),
      ...options,
    },
    context,
  )
  const watch = (promise: void | Promise<void>) => {
    const seen = { settled: promise === undefined }
    promise?.then(() => {
      seen.settled = true
    })
    return seen
  }
  return {
    clock,
    state,
    emitted,
    rejected,
    told,
    gate,
    watch,
    push: (text: string, number = 1) => watch(gate.push(Lines.of(Buffer.from(`${text}\n`), number))),
    stopped: () => stopped,
    givenBack: () => givenBack,
  }
}

test('nothing may be read until the checks were good `rise` times in a row', async t => {
  const { clock, gate, watch, state } = createHarness()
  const started = watch(gate.start?.())
  await clock.advance(999)
  t.false(started.settled)
  t.is(state.checks, 1)
  await clock.advance(1)
  t.true(started.settled)
})

test('a gate that never opens ends the run with 75 after --max-wait', async t => {
  const { clock, gate, watch, state, stopped } = createHarness({ maxWait: 10_000 })
  state.healthy = false
  const started = watch(gate.start?.())
  await clock.advance(9_999)
  t.false(started.settled)
  t.is(stopped(), undefined)
  await clock.advance(1)
  t.true(started.settled)
  t.deepEqual(stopped(), { exit: 75, message: 'Not healthy within --max-wait: it is down; run again later' })
})

test('records pass while healthy and are given back while not, then come again', async t => {
  const { clock, gate, push, state, emitted, givenBack, told } = createHarness()
  gate.start?.()
  await clock.advance(1000)
  t.true(push('1').settled)
  state.healthy = false
  await clock.advance(2000)
  t.true(push('2').settled, 'two bad checks of three leave it open')
  await clock.advance(1000)
  const held = push('3')
  t.false(held.settled)
  t.is(givenBack(), 1)
  state.healthy = true
  await clock.advance(1000)
  t.false(held.settled)
  await clock.advance(1000)
  t.true(held.settled)
  t.true(push('3').settled)
  t.deepEqual(emitted, ['1', '2', '3'])
  t.deepEqual(told, ['Unhealthy: it is down; not reading until it is healthy again', 'Healthy again: reading on'])
})

test('each pause has the whole --max-wait for itself', async t => {
  const { clock, gate, push, state, stopped } = createHarness({ maxWait: 5000, fall: 1, rise: 1 })
  gate.start?.()
  await clock.advance(0)
  for (const _ of [1, 2, 3]) {
    state.healthy = false
    await clock.advance(1000)
    const held = push('x')
    state.healthy = true
    await clock.advance(3000)
    t.true(held.settled)
  }
  t.is(stopped(), undefined)
  state.healthy = false
  await clock.advance(1000)
  push('x')
  await clock.advance(5000)
  t.is(stopped()?.exit, 75)
})

test('fail ends the run at the verdict', async t => {
  const { clock, gate, state, stopped } = createHarness({ onUnhealthy: 'fail' })
  state.healthy = false
  gate.start?.()
  await clock.advance(1999)
  t.is(stopped(), undefined)
  await clock.advance(1)
  t.deepEqual(stopped(), { exit: 75, message: 'Unhealthy: it is down; run again later' })
})

test('reject fails records as gate_closed, which is transient', async t => {
  const { clock, gate, push, state, rejected, emitted } = createHarness({ onUnhealthy: 'reject' })
  state.healthy = false
  gate.start?.()
  await clock.advance(2000)
  t.true(push('1', 7).settled)
  state.healthy = true
  await clock.advance(2000)
  push('2')
  t.deepEqual(rejected, ['7 gate_closed transient'])
  t.deepEqual(emitted, ['2'])
})

test('the end of the run leaves no timer behind', async t => {
  const { clock, gate } = createHarness()
  gate.start?.()
  await clock.advance(1000)
  await gate.end?.()
  t.is(clock.waiting, 0)
})

test('a script is healthy when it exits 0, and ended when it hangs', async t => {
  t.is(await checkCommand('exit 0', 5000)(), undefined)
  t.is(await checkCommand('exit 3', 5000)(), 'the --cmd exits 3')
  t.is(await checkCommand('sleep 60 & wait', 50)(), 'the --cmd does not end within 50ms')
})

test('a file is healthy while it is there', async t => {
  t.is(await checkFile('package.json')(), undefined)
  t.is(await checkFile('no-such-file')(), 'no-such-file does not exist')
})

test('a server is healthy when it answers 2xx in time', async t => {
  const server = createServer((request, response) => {
    if (request.url === '/hang') return
    response.writeHead(request.url === '/ok' ? 204 : request.url === '/moved' ? 302 : 503).end('x'.repeat(100))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const look = (path: string, timeout = 5000) => checkHttp(new URL(`http://127.0.0.1:${port}${path}`), timeout)()
  t.is(await look('/ok'), undefined)
  t.is(await look('/sick'), `http://127.0.0.1:${port}/sick answers 503`)
  t.is(await look('/moved'), `http://127.0.0.1:${port}/moved answers 302`)
  t.is(await look('/hang', 50), `http://127.0.0.1:${port}/hang does not answer within 50ms`)
  t.regex(
    (await checkHttp(new URL('http://127.0.0.1:1/?token=secret'), 5000)()) ?? '',
    /^http:\/\/127\.0\.0\.1:1\/ cannot be reached \(/,
  )
})

test('a breaker is healthy while it is closed or its probe is due', async t => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'api.json')
  const now = Date.now()
  const writer = { host: 'h', pid: 1, started: now, version: '1' }
  const write = (until: number) => {
    const breaker = initial(createBreakerOptions({ name: 'api' }), now)
    force(breaker, now, 'open', until, 'test')
    writeFileSync(path, save(breaker, writer, now))
  }
  t.is(await checkBreaker(path)(), undefined, 'no state is a closed breaker')
  write(now + 60_000)
  t.is(await checkBreaker(path)(), `the breaker ${path} is open`)
  write(now - 1000)
  t.is(await checkBreaker(path)(), undefined, 'the forced state has ended, its probe is due')
})

test('a cron script and a pipeline that ask first both recover once the probe is due', async t => {
  const folder = temporaryFolder(t)
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
  const check = () => run(['breaker', 'check', 'api.json', '-q'], folder)
  const pass = () =>
    run(['breaker', '--state', 'api.json', '--open-for', '1h..2h', '--probes', '1', '--', 'cat'], folder, '1\n2\n')
  write(60_000)
  t.is((await check()).code, 75)
  t.is(await checkBreaker(path)(), `the breaker ${path} is open`)
  write(3_700_000)
  t.is((await check()).code, 0, 'its probe is due')
  t.is(await checkBreaker(path)(), undefined)
  const { code, stdout, stderr } = await pass()
  t.is(code, 0, stderr)
  t.is(stdout, '1\n2\n')
  t.is((await check()).code, 0)
  t.is(JSON.parse(readFileSync(path, 'utf8')).state, 'closed')
})

const temporaryFolder = (t: ExecutionContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'streamz-gate-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const runGate = (args: readonly string[], stdin: number, cwd: string) => run(['gate', ...args], cwd, stdin)

const run = (args: readonly string[], cwd: string, input: number | string = '') =>
  new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [join(process.cwd(), 'dist/streamz.cjs'), ...args], {
      cwd,
      stdio: [typeof input === 'number' ? input : 'pipe', 'pipe', 'pipe'],
      timeout: 30_000,
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', chunk => {
      stdout += chunk
    })
    child.stderr?.on('data', chunk => {
      stderr += chunk
    })
    child.on('error', reject)
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
    child.on('close', code => resolve({ code, stdout, stderr }))
  })

test('while the gate is closed not one byte is read', async t => {
  const folder = temporaryFolder(t)
  const input = join(folder, 'in.ndjson')
  writeFileSync(input, '{"a":1}\n{"a":2}\n')
  const file = openSync(input, 'r')
  const { code, stdout, stderr } = await runGate(['--file', 'missing', '--max-wait', '200ms'], file, folder)
  t.is(code, 75, stderr)
  t.is(stdout, '')
  const rest = Buffer.alloc(100)
  t.is(rest.toString('utf8', 0, readSync(file, rest)), readFileSync(input, 'utf8'))
  closeSync(file)
})

test('an open gate passes the very same bytes', async t => {
  const folder = temporaryFolder(t)
  const input = join(folder, 'in.ndjson')
  writeFileSync(input, '{ "a" : 1.0 }\r\nnot json\n')
  const file = openSync(input, 'r')
  const { code, stdout, stderr } = await runGate(['--cmd', 'test -f in.ndjson', '--interval', '10ms'], file, folder)
  closeSync(file)
  t.is(code, 0, stderr)
  t.is(stdout, readFileSync(input, 'utf8'))
  t.is(stderr, '')
})

for (const [args, message] of [
  [[], 'Nothing to check is given'],
  [['--file', 'a', '--cmd', 'b'], 'More than one thing to check is given'],
  [['--http', 'ftp://x'], '--http: "ftp://x" is no web address'],
] as const) {
  test(`gate ${args.join(' ')} is refused before anything is read`, async t => {
    const folder = temporaryFolder(t)
    const file = openSync('/dev/null', 'r')
    const { code, stderr } = await runGate(args, file, folder)
    closeSync(file)
    t.is(code, 2)
    t.true(stderr.includes(message), stderr)
  })
}
