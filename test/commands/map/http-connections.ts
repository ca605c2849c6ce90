import { once } from 'node:events'
import type { Socket } from 'node:net'
import test from 'ava'
import { until } from '../../helpers/children.js'
import { start } from '../../helpers/cli.js'
import { type Behaviour, json, serve } from '../../helpers/http-server.js'
import { failures, lines, map } from '../../helpers/map-http.js'

test('a POST meets no connection that the server has closed before', async t => {
  const sockets: Socket[] = []
  const server = await serve(t, ({ number }, response) => {
    if (response.socket !== null) sockets.push(response.socket)
    json(response, number)
  })
  const { child, finished } = start(t, ['map', '--http', server.origin])
  for (const number of [1, 2, 3]) {
    child.stdin?.write('{}\n')
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    const socket = sockets[number - 1] as Socket
    // Closed for good once the other side has closed it too.
    const closed = once(socket, 'close')
    socket.end()
    await closed
  }
  child.stdin?.end()
  const { stdout, stderr, exitCode } = await finished
  t.is(String(stdout), '1\n2\n3\n')
  t.is(stderr, '')
  t.is(exitCode, 0)
  t.is(server.requests.length, 3)
  t.is(server.connections(), 3)
})

/** Ends the kept-alive connection under the first try of every second record. */
const breakSecond = (end: (socket: Socket) => void): Behaviour => {
  const seen = new Set<string>()
  return ({ number, body }, response) => {
    const { socket } = response
    if (socket === null || seen.has(body) || JSON.parse(body).n % 2 === 0) return json(response, number)
    seen.add(body)
    end(socket)
  }
}

const breaks = test.macro(async (t, end: (socket: Socket) => void) => {
  for (const [args, attempts] of [
    [[], 1],
    [['--retries', '1'], 2],
    [['-X', 'PUT', '--retries', '0'], 1],
  ] as const) {
    const server = await serve(t, breakSecond(end))
    const { out, failed } = await map(t, [server.origin, '-j', '1', ...args], { stdin: lines(6) })
    t.is(out.length + failed.length, 6)
    t.deepEqual(
      failed.map(({ record, attempts: made, error }) => [record, made, error.kind, error.class]),
      attempts === 1 ? [1, 3, 5].map(n => [{ n }, 1, 'network', 'transient']) : [],
    )
    const sent = new Map<string, number>()
    for (const { body } of server.requests) sent.set(body, (sent.get(body) ?? 0) + 1)
    t.deepEqual(
      [...sent.entries()].sort(),
      [0, 1, 2, 3, 4, 5].map(n => [`{"n":${n}}`, n % 2 === 0 ? 1 : attempts]),
    )
    t.is(server.connections(), attempts === 1 ? 3 : 4)
  }
})
test('a kept-alive connection that is reset under a request: sent again only when asked for', breaks, socket =>
  socket.resetAndDestroy(),
)
test('a kept-alive connection that ends under a request: sent again only when asked for', breaks, socket =>
  socket.end(),
)

test('a POST that is sent while its connection is being closed is sent once at most', async t => {
  for (const end of ['end', 'destroy', 'resetAndDestroy'] as const) {
    const server = await serve(t, ({ number }, response) => {
      // The answer has let go of it when it is finished.
      const { socket } = response
      const close = () => void socket?.[end]()
      const soon = () => setImmediate(close)
      response.once('finish', number % 3 === 0 ? close : number % 3 === 1 ? soon : () => setImmediate(soon))
      json(response, number)
    })
    const { out, failed } = await map(t, [server.origin, '-j', '2'], { stdin: lines(100) })
    t.true(server.connections() > 10, `${server.connections()} connections`)
    t.is(out.length + failed.length, 100)
    t.true(failed.every(({ attempts, error }) => attempts === 1 && error.kind === 'network'))
    t.is(new Set(server.requests.map(({ body }) => body)).size, server.requests.length)
    t.true(server.requests.length >= out.length)
  }
})

test('a call that hangs does not hold the end of a run that is cut short', async t => {
  const server = await serve(t, () => {})
  const { child, finished } = start(t, ['map', '--http', server.origin, '--drain', '3s', '--kill-after', '2900ms'])
  child.stdin?.write('{}\n')
  await until(t, 'the request is there', () => server.requests.length === 1)
  child.kill('SIGINT')
  const { exitCode, stderr } = await finished
  t.is(exitCode, 130)
  t.deepEqual(
    failures(stderr).map(({ error, attempts }) => [error.kind, attempts]),
    [['cancelled', 1]],
  )
})
