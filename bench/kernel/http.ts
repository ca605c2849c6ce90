// Requests per second to a server in another process, 16 at a time: a bare loop over undici's `Pool.request` against `map`
// as `--http` builds it (timeout, retries within their budget, pauses, one JSON value checked, order of the input), in short
// turns because machines are noisy.
// Then whole programs, their start included: `streamz map --http` against `xargs -P16 curl`, where these are installed.
// Usage: node build/bench/kernel/http.js [REQUESTS PER TURN] [TURNS] (after a build)
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { createAttempts } from '../../src/calls/attempts/create-attempts.js'
import { createEntrance } from '../../src/calls/attempts/entrance.js'
import { createPatience } from '../../src/calls/attempts/patience.js'
import { createPauses } from '../../src/calls/attempts/pauses.js'
import { createRates } from '../../src/calls/attempts/rates.js'
import { createHttpCall } from '../../src/calls/http/call.js'
import { prepareRequest } from '../../src/calls/http/request.js'
import { realClock } from '../../src/core/clock.js'
import { Lines } from '../../src/core/lines.js'
import { createCallLimit } from '../../src/core/rules/gcra.js'
import { replace } from '../../src/processors/map/shape.js'
import { createMap } from '../../src/processors/map.js'

const concurrency = 16
const record = '{"id":"order-1","user":"u17","amount":129.5,"items":[1,2,3]}'

const serve = () => {
  const answer = Buffer.from('{"ok":true,"score":0.5}')
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length })
      response.end(answer)
    })
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.once('disconnect', () => process.exit())
}

const measure = async (requests: number, run: (requests: number) => Promise<void>) => {
  const started = performance.now()
  const { user, system } = process.cpuUsage()
  await run(requests)
  const seconds = (performance.now() - started) / 1000
  const used = process.cpuUsage({ user, system })
  return { rate: requests / seconds, cpu: (used.user + used.system) / requests }
}

const createBare = (origin: string) => {
  const pool = new Pool(origin, { connections: concurrency })
  // The same request: what the server has to read is none of our doing.
  const headers = {
    'user-agent': 'streamz',
    accept: 'application/json, */*;q=0.1',
    'accept-encoding': 'gzip, deflate, br',
    'content-type': 'application/json',
  }
  return async (requests: number) => {
    let left = requests
    const loop = async () => {
      while (left-- > 0) {
        const { body } = await pool.request({ path: '/', method: 'POST', headers, body: record })
        JSON.parse(await body.text())
      }
    }
    await Promise.all(Array.from({ length: concurrency }, loop))
  }
}

const createWhole = (origin: string, isPaced = false) => {
  const request = prepareRequest({
    url: `${origin}/`,
    shownUrl: origin,
    headers: [],
    idempotencyKey: false,
    multi: false,
    raw: false,
    userAgent: 'streamz',
  })
  const { call } = createHttpCall({
    request,
    connections: concurrency,
    connectTimeout: 10_000,
    clock: realClock,
    tls: {},
    chooseProxy: () => undefined,
    follow: 0,
    allowHosts: undefined,
    maxResponse: 16 * 1024 * 1024,
    mask: text => text,
    multi: false,
    raw: false,
  })
  const { signal: stopping } = new AbortController()
  const patience = createPatience({ maxPause: 600_000, clock: realClock, stop() {} })
  const pauses = createPauses({ clock: realClock, stopping, patience })
  // A rate that holds nobody up: what it costs to ask.
  const rate = { limit: createCallLimit(1e9, 1000, 1e6), costOf: () => 1 }
  const rates = isPaced ? createRates({ rates: [rate], clock: realClock, stopping }) : undefined
  const retried = createAttempts(call, {
    guard: createEntrance({ clock: realClock, serviceOf: () => origin, pauses, patience, rates }),
    patience,
    timeout: 30_000,
    retries: 3,
    backoff: () => 500,
    recordDeadline: 0,
    clock: realClock,
  })
  return async (requests: number) => {
    let delivered = 0
    let kept = Lines.none
    const never = new AbortController().signal
    const processor = createMap(
      {
        call: retried,
        id: () => 'id',
        concurrency,
        retryBudget: { share: 0.2, floor: 3 },
        order: 'input',
        window: 4 * concurrency,
        prepare: () => undefined,
        shape: replace,
      },
      {
        emit(lines) {
          delivered += lines.length
        },
        reject(_, failure) {
          throw failure
        },
        filter() {},
        giveBack(lines) {
          kept = lines
        },
        stop() {},
        event() {},
        clock: realClock,
        stopping: never,
        killing: never,
      },
    )
    const bytes = Buffer.from(`${record}\n`.repeat(requests))
    const length = record.length + 1
    const ends = Int32Array.from({ length: requests }, (_, index) => (index + 1) * length)
    let lines = new Lines(bytes, 0, ends, 0, requests, 1, undefined)
    while (lines.length > 0) {
      await processor.push(lines)
      lines = kept
    }
    await processor.end?.()
    if (delivered !== requests) throw new Error(`${delivered} of ${requests} delivered`)
  }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const compare = async () => {
  const requests = Number(process.argv[2] ?? 3000)
  const turns = Number(process.argv[3] ?? 15)
  const server = fork(fileURLToPath(import.meta.url), ['serve'])
  const [port] = await once(server, 'message')
  const origin = `http://127.0.0.1:${port}`
  const ways = { bare: createBare(origin), whole: createWhole(origin), paced: createWhole(origin, true) }
  const results = {
    bare: [] as { rate: number; cpu: number }[],
    whole: [] as { rate: number; cpu: number }[],
    paced: [] as { rate: number; cpu: number }[],
  }
  for (const run of Object.values(ways)) await run(requests)
  for (let turn = 0; turn < turns; turn++) {
    const names = turn % 2 === 0 ? (['bare', 'whole', 'paced'] as const) : (['paced', 'whole', 'bare'] as const)
    for (const name of names) results[name].push(await measure(requests, ways[name]))
  }
  for (const [name, values] of Object.entries(results)) {
    const cpu = median(values.map(value => value.cpu)).toFixed(1)
    console.log(`${name}: median ${median(values.map(value => value.rate)).toFixed(0)}/s, ${cpu} us of CPU a request`)
  }
  const ratio = median(results.whole.map(({ rate }, turn) => rate / (results.bare[turn]?.rate ?? 0)))
  console.log(
    `whole call: ${ratio.toFixed(2)}x of bare; target: at least 0.9x (${turns} turns of ${requests} requests)`,
  )
  const paced = median(results.paced.map(({ cpu }, turn) => cpu - (results.whole[turn]?.cpu ?? 0)))
  console.log(`with a --rate: ${paced.toFixed(2)} us of CPU more a request; target: below 1 us`)
  comparePrograms(origin)
  server.disconnect()
  process.exit()
}

/** Requests per second of a script of bash that makes so many. */
const rateOf = (requests: number, script: string): number => {
  const input = `${record}\n`.repeat(requests)
  const started = performance.now()
  const { status, stderr } = spawnSync('bash', ['-c', script], { input, stdio: ['pipe', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`${script} exited with ${status}: ${stderr}`)
  return (requests / (performance.now() - started)) * 1000
}

const comparePrograms = (origin: string) => {
  if (spawnSync('bash', ['-c', 'command -v curl xargs']).status !== 0)
    return console.log('curl or xargs: not installed')
  const curl = `xargs -P16 -d '\\n' -n1 curl -sSf -o /dev/null -H 'content-type: application/json' ${origin}/ --data-binary`
  const streamz = `'${process.execPath}' dist/streamz.cjs map -j 16 --retries 3 --http ${origin}/`
  const rounds = Array.from({ length: 5 }, () => ({ curl: rateOf(300, curl), streamz: rateOf(100_000, streamz) }))
  const rates = { curl: median(rounds.map(round => round.curl)), streamz: median(rounds.map(round => round.streamz)) }
  const ratio = median(rounds.map(round => round.streamz / round.curl))
  console.log(
    `streamz map --http: median ${rates.streamz.toFixed(0)}/s, xargs -P16 curl: ${rates.curl.toFixed(0)}/s, ${ratio.toFixed(0)}x; target: at least 60x (5 rounds of 100,000 and 300 requests)`,
  )
}

if (process.argv[2] === 'serve') serve()
else await compare()
