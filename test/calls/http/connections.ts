import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { Failure } from '../../../src/core/failure.js'
import { createCall, refusal, request } from '../../helpers/http-call.js'
import { json, serve } from '../../helpers/http-server.js'
import { serveMute } from '../../helpers/mute-server.js'

test('a connection is used again, and one that the server has closed is not', async t => {
  const server = await serve(t, ({ url, number }, response) => {
    // The answer has let go of it when it is finished.
    const { socket } = response
    if (url === '/closes') response.once('finish', () => setImmediate(() => socket?.destroy()))
    json(response, number)
  })
  const line = { bytes: Buffer.from('{}\n'), number: 1, file: undefined }
  const context = { killing: new AbortController().signal, attempt: 1, id: 'x' }
  for (const [path, least, most] of [
    ['/', 1, 4],
    ['/closes', 10, 40],
  ] as const) {
    const before = server.connections()
    const { call, close } = createCall(`${server.origin}${path}`)
    let sent = 0
    let failed = 0
    const count = server.requests.length
    for (; sent < 40; sent++) await call(line, context).catch(() => failed++)
    // A POST may meet a connection that is closed under its feet: it fails, and is never sent again unasked.
    t.is(server.requests.length - count + failed, 40)
    const opened = server.connections() - before
    t.true(opened >= least && opened <= most, `${opened} connections`)
    if (path === '/') t.is(failed, 0)
    await close()
  }
})

test('nothing is sent when the attempt is over before it begins', async t => {
  const server = await serve(t, (_, response) => json(response, 1))
  const reason = new Failure('cancelled', 'transient', 'Over')
  const { call, close } = createCall(server.origin)
  t.teardown(close)
  const line = { bytes: Buffer.from('{}\n'), number: 1, file: undefined }
  const running = call(line, { killing: AbortSignal.abort(reason), attempt: 1, id: 'x' })
  t.is(await t.throwsAsync(running), reason)
  t.is(server.requests.length, 0)
})

test('what waits for a connection ends at once, and the connection is good for the next', async t => {
  const arrived = new EventEmitter()
  const server = await serve(t, ({ number }, response) => {
    arrived.emit('request', () => json(response, number))
  })
  const { call, close } = createCall(server.origin, { connections: 1 })
  t.teardown(close)
  const line = { bytes: Buffer.from('{}\n'), number: 1, file: undefined }
  const end = new AbortController()
  const run = (signal: AbortSignal) => call(line, { killing: signal, attempt: 1, id: 'x' })
  const asked = once(arrived, 'request')
  const first = run(new AbortController().signal)
  const [answerFirst] = await asked
  const second = run(end.signal)
  const reason = new Failure('timeout', 'transient', 'Late')
  end.abort(reason)
  t.is(await t.throwsAsync(second), reason)
  const third = run(new AbortController().signal)
  const askedAgain = once(arrived, 'request')
  answerFirst()
  t.deepEqual((await first).map(String), ['1\n'])
  const [answerThird] = await askedAgain
  answerThird()
  t.deepEqual((await third).map(String), ['2\n'])
  t.is(server.connections(), 1)
})

test('a running request is ended for the server too', async t => {
  let closed = () => {}
  const wasClosed = new Promise<void>(resolve => {
    closed = resolve
  })
  const end = new AbortController()
  const reason = new Failure('cancelled', 'transient', 'Over')
  const server = await serve(t, (_, response) => {
    response.once('close', closed)
    end.abort(reason)
  })
  t.like(await refusal(request(t, server.origin, { signal: end.signal })), { kind: 'cancelled', message: 'Over' })
  await wasClosed
})

test('a TLS handshake that never completes ends after --connect-timeout, and with the run', async t => {
  const origin = await serveMute(t)
  const found = await refusal(request(t, origin, { connectTimeout: 50, retries: 1 }))
  t.like(found, { kind: 'timeout', failureClass: 'transient', attempts: 2 })
  t.regex(found.message, /^No connection to 127\.0\.0\.1:\d+ within 50ms; --connect-timeout/)
  t.like(await refusal(request(t, origin, { timeout: 50 })), { kind: 'timeout', message: 'No answer within 50ms' })
})

test('a connection that is never accepted ends after --connect-timeout', async t => {
  if (process.platform !== 'linux') return void t.pass('Other systems let more connections wait')
  const origin = await serveNobody(t)
  const found = await refusal(request(t, origin, { connectTimeout: 100, retries: 1 }))
  t.like(found, { kind: 'timeout', failureClass: 'transient', attempts: 2 })
  t.regex(found.message, /^No connection to 127\.0\.0\.1:\d+ within 100ms; --connect-timeout/)
})

/** The origin of a server that is blocked, and whose queue of connections is full. */
const serveNobody = async (t: ExecutionContext): Promise<string> => {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer()
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`,
    { eval: true },
  )
  const [port] = (await once(worker, 'message')) as [number]
  const sockets = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  // Two of them stand at most, the others are not let in.
  await once(sockets[0] as Socket, 'connect')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await worker.terminate()
  })
  return `http://127.0.0.1:${port}`
}
