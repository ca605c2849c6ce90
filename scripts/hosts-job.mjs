// One breaker and one quota for several hosts: a redis-server, and three runs that share them through an outage of the service
// that they call, as three hosts would. Then `breaker status` and `throttle status` of the server. Says what happened, checks it,
// and ends the server. `npm run start:hosts` runs it; it needs redis-server and no network, and takes about 10 s.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const data = join(root, 'test/fixtures/data/amazon-cellphones.ndjson')
const rate = 40
const each = 40

const main = async () => {
  const folder = mkdtempSync(join(root, 'streamz-hosts-'))
  const port = await findPort()
  const server = spawn(
    'redis-server',
    ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder, '--appendonly', 'yes'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    await isReady(server)
    process.exitCode = (await share(folder, `redis://127.0.0.1:${port}`)) ? 0 : 1
  } finally {
    server.kill()
    if (server.exitCode === null && server.signalCode === null && server.pid !== undefined) await once(server, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

const say = text => process.stdout.write(`${text}\n`)

const share = async (folder, server) => {
  mkdirSync(join(folder, 'bin'))
  symlinkSync(join(root, 'dist/streamz.cjs'), join(folder, 'bin/streamz'))
  const environment = {
    ...process.env,
    PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter),
    CALLS: join(folder, 'calls'),
  }
  writeFileSync(environment.CALLS, '')
  const run = line => runShell(line, folder, environment)
  const job = number => `streamz skip ${number * each} ${data} | streamz take ${each} |
    streamz throttle --state ${server}/quota --rate ${rate}/s |
    streamz breaker --state ${server}/api -j 2 --min-calls 5 --open-for 500ms..1s --retries 9 --backoff 10ms..50ms \\
      --summary ${number}.json -- ${root}/test/fixtures/outage.sh > ${number}.ndjson`
  say(
    `$ ${job(0).replaceAll(root, '.')}\n\nThree of these at once. The service is down for the first calls of all three together.\n`,
  )
  const started = performance.now()
  const codes = await Promise.all([0, 1, 2].map(number => run(job(number))))
  const seconds = (performance.now() - started) / 1000
  say(codes.map(({ error }) => error).join(''))
  const breaker = await run(`streamz breaker status ${server}/api`)
  const quota = await run(`streamz throttle status ${server}/quota`)
  const check = await run(`streamz breaker check ${server}/api`)
  say(
    `$ streamz breaker status ${server}/api\n${breaker.output}\n$ streamz throttle status ${server}/quota\n${quota.output}`,
  )
  const summaries = [0, 1, 2].map(number => JSON.parse(readFileSync(join(folder, `${number}.json`), 'utf8')))
  const results = [0, 1, 2].flatMap(number => readLines(join(folder, `${number}.ndjson`)))
  const calls = readLines(environment.CALLS).length
  const { counters } = JSON.parse((await run(`streamz breaker status ${server}/api --json`)).output)
  const opened = codes.filter(({ error }) => / is open until | was open before | by another run/.test(error)).length
  return tell([
    ['every run ended well', codes.every(({ code }) => code === 0)],
    ['no record was lost or changed, none failed', same(results, readLines(data).slice(0, 3 * each))],
    [`all three heard of the circuit (${opened})`, opened === 3],
    [
      `the circuit has counted every call of all three, ${counters.ok + counters.fail + counters.late} of ${calls}`,
      counters.ok + counters.fail + counters.late === calls,
    ],
    ['it is closed again', check.code === 0],
    [
      `${3 * each} records took ${seconds.toFixed(1)} s: at most ${rate} a second together`,
      seconds >= (3 * each) / rate - 0.2,
    ],
    [
      `${summaries.reduce((sum, { delivered }) => sum + delivered, 0)} were delivered`,
      summaries.every(({ delivered }) => delivered === each),
    ],
  ])
}

const readLines = file =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '')

const same = (one, other) => one.join('\n') === other.join('\n')

const tell = facts => {
  for (const [text, holds] of facts) say(`  ${holds ? 'ok   ' : 'WRONG'}  ${text}`)
  return facts.every(([, holds]) => holds)
}

const runShell = async (line, cwd, env) => {
  const child = spawn('bash', ['-o', 'pipefail', '-c', line], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, error] = ['', '']
  child.stdout.setEncoding('utf8').on('data', part => {
    output += part
  })
  child.stderr.setEncoding('utf8').on('data', part => {
    error += part
  })
  const [code] = await once(child, 'close')
  return { code, output, error }
}

const isReady = server =>
  new Promise((done, fail) => {
    server.on('error', error => fail(new Error(`redis-server cannot be started (${error.code}); install it`)))
    server.on('exit', code => fail(new Error(`redis-server exits ${code}`)))
    server.stdout.on('data', part => {
      if (String(part).includes('Ready to accept connections')) done()
    })
  })

const findPort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

await main()
