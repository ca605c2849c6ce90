// 10,000 records to a server of which three of ten answers are 503, fifty at a time with three retries each: nothing is lost,
// and the server never sees more than ten retries at once.
// node build/bench/soak/http.js [--quick] [--records 10000]; exit 1 when anything was violated.
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { createFlaky, serve } from '../../test/helpers/http-server.js'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, records: { type: 'string' } } })
const records = Number(values.records ?? (values.quick ? 2000 : 10_000))

const ends: (() => unknown)[] = []
const { behave, most } = createFlaky()
const server = await serve({ teardown: end => void ends.push(end) }, behave)
const started = performance.now()
const args = ['map', '--http', server.origin, '-j', '50', '--retries', '3', '--backoff', '1ms..5ms']
const child = spawn(process.execPath, [resolve('dist/streamz.cjs'), ...args], { stdio: 'pipe' })
child.stdin.end(Array.from({ length: records }, (_, n) => `{"n":${n}}\n`).join(''))
const [out, told] = await Promise.all([buffer(child.stdout), buffer(child.stderr)])
for (const end of ends) end()

const count = (bytes: Buffer, begin: string) =>
  bytes
    .toString()
    .split('\n')
    .filter(line => line.startsWith(begin)).length
const delivered = count(out, '1')
const failed = count(told, '{"$streamz":"error/1"')
const seconds = Math.round((performance.now() - started) / 100) / 10
const result = { records, delivered, failed, requests: server.requests.length, mostRetriesAtOnce: most(), seconds }
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exitCode = delivered + failed === records && most() <= 10 ? 0 : 1
