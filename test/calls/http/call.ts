import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import test from 'ava'
import type { FailureClass, Kind } from '../../../src/core/failure.js'
import { refusal, request } from '../../helpers/http-call.js'
import { type Behaviour, json, serve } from '../../helpers/http-server.js'

test('the record is sent and the answer is the result, byte for byte', async t => {
  const server = await serve(t, ({ body }, response) => response.end(`{ "got": ${body}, "n": 1.0 }`))
  t.deepEqual(await request(t, server.origin, { record: '{"id": 7.0}' }), ['{ "got": {"id": 7.0}, "n": 1.0 }\n'])
  t.like(server.requests[0], { method: 'POST', url: '/', body: '{"id": 7.0}' })
  t.like(server.requests[0]?.headers, { 'content-type': 'application/json', 'user-agent': 'test' })
})

test('an answer over several lines becomes one, JSON of any content type will do', async t => {
  const server = await serve(t, (_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('\ufeff{\r\n  "a": 1\r\n}\r\n')
  })
  t.deepEqual(await request(t, server.origin), ['{  "a": 1}\n'])
})

test('--multi takes lines, and none of an empty answer', async t => {
  const server = await serve(t, ({ url }, response) => {
    if (url === '/none') response.writeHead(204)
    response.end(url === '/none' ? undefined : '{"a":1}\n{"a":2}\n')
  })
  t.deepEqual(await request(t, server.origin, { multi: true }), ['{"a":1}\n', '{"a":2}\n'])
  t.deepEqual(await request(t, `${server.origin}/none`, { multi: true }), [])
  t.deepEqual(await request(t, `${server.origin}/none`, { raw: true }), ['""\n'])
  t.deepEqual(await request(t, `${server.origin}/none`), ['null\n'])
})

test('--raw makes a JSON string of the text', async t => {
  const server = await serve(t, (_, response) => response.end('say "hi"\n'))
  t.deepEqual(await request(t, server.origin, { raw: true }), ['"say \\"hi\\""\n'])
})

const encodings = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['deflate, gzip', (bytes: Buffer) => gzipSync(deflateSync(bytes))],
] as const
test('compressed answers are unfolded', async t => {
  for (const [encoding, compress] of encodings) {
    const server = await serve(t, (_, response) => {
      response.setHeader('content-encoding', encoding)
      response.end(compress(Buffer.from('{"a":1}')))
    })
    t.deepEqual(await request(t, server.origin), ['{"a":1}\n'], encoding)
    t.regex(String(server.requests[0]?.headers['accept-encoding']), /gzip.*br/)
  }
})

test('an informational response before the final one is skipped', async t => {
  const server = await serve(t, (_, response) => {
    response.writeEarlyHints({ link: '</x>; rel=preload' })
    json(response, 1)
  })
  t.deepEqual(await request(t, server.origin), ['1\n'])
})

type Expected = { kind: Kind; failureClass: FailureClass; attempts?: number; message?: RegExp; status?: number }

/** Two retries are allowed and each is made at once; the server counts the attempts. */
const fails = test.macro(async (t, behave: Behaviour, expected: Expected, options: object = {}) => {
  const server = await serve(t, behave)
  const found = await refusal(request(t, server.origin, { retries: 2, ...options }))
  const { kind, failureClass, attempts = failureClass === 'transient' ? 3 : 1, message, status } = expected
  t.like(found, { kind, failureClass, attempts }, found.message)
  if (message !== undefined) t.regex(found.message, message)
  t.is(found.facts.status, status)
  // One that is ended early enough never reaches the server.
  if (kind === 'timeout') t.true(server.requests.length <= attempts)
  else t.is(server.requests.length, attempts)
})

const status =
  (code: number, headers: Record<string, string> = {}): Behaviour =>
  (_, response) =>
    json(response, { error: 'SECRET' }, code, headers)
const httpStatus = (code: number, failureClass: FailureClass, message: RegExp): Expected => ({
  kind: 'http_status',
  failureClass,
  status: code,
  message,
})
for (const code of [408, 500, 502, 503, 504]) {
  test(`${code} is transient`, fails, status(code), httpStatus(code, 'transient', new RegExp(`^${code} [A-Z]`)))
}
for (const code of [400, 401, 403, 404, 409, 422, 501, 505, 300, 304]) {
  test(`${code} is permanent`, fails, status(code), httpStatus(code, 'permanent', new RegExp(`^${code} [A-Z]`)))
}
const throttled = (code: number) => ({ ...httpStatus(code, 'throttled', /^\d{3} [A-Z]/), attempts: 3 })
test('429 is throttled', fails, status(429), throttled(429))
test('503 with Retry-After is too', fails, status(503, { 'retry-after': '0' }), throttled(503))
test('403 with none left is too', fails, status(403, { 'x-ratelimit-remaining': '0' }), throttled(403))

const network = (failureClass: FailureClass, message: RegExp): Expected => ({ kind: 'network', failureClass, message })
const ended = network('transient', /^127\.0\.0\.1:\d+ ended the connection before the answer was whole \(\w+\)$/)
test('a reset is transient', fails, (_, response) => void response.socket?.resetAndDestroy(), ended)
test(
  'a connection that ends before the answer is transient',
  fails,
  (_, response) => void response.socket?.end(),
  ended,
)
const half: Behaviour = (_, response) => {
  response.writeHead(200, { 'content-length': '100' })
  response.write('{"a":', () => response.socket?.end())
}
test('half an answer is transient', fails, half, ended)
const halfChunked: Behaviour = (_, response) => void response.write('{"a":', () => response.socket?.end())
test('half an answer in chunks is transient', fails, halfChunked, ended)

const tooLate: Expected = { kind: 'timeout', failureClass: 'transient', message: /^No answer within 200ms$/ }
test('no answer in time is a timeout', fails, () => {}, tooLate, { timeout: 200 })
const slowBody: Behaviour = (_, response) => {
  const timer = setInterval(() => response.write(' '), 5)
  response.once('close', () => clearInterval(timer))
}
test('a body that dribbles is one too: there is one deadline for it all', fails, slowBody, tooLate, { timeout: 200 })

const parse = (message: RegExp): Expected => ({ kind: 'output_parse', failureClass: 'permanent', message })
test(
  'a response that is not JSON fails',
  fails,
  (_, response) => response.end('<html>'),
  parse(/is not one JSON value, at byte 1: /),
)
test(
  'an empty answer is no result',
  fails,
  (_, response) => response.end(),
  parse(/is empty.*--multi allows any number/),
)
test(
  'an answer that is no gzip is no result',
  fails,
  (_, response) => {
    response.setHeader('content-encoding', 'gzip')
    response.end('{"a":1}')
  },
  parse(/is not the gzip it says it is/),
)
test(
  'an encoding that nobody asked for is no result',
  fails,
  (_, response) => {
    response.setHeader('content-encoding', 'zstd')
    response.end('{"a":1}')
  },
  parse(/was not asked for/),
)

const tooLarge: Expected = {
  kind: 'output_too_large',
  failureClass: 'permanent',
  message: /^Answer is longer than 100000 bytes; --max-response sets the limit$/,
}
const endless: Behaviour = (_, response) => {
  const more = () => {
    while (response.write(Buffer.alloc(64 * 1024, ' ')));
  }
  response.on('drain', more)
  more()
}
test('an endless answer is cut off', fails, endless, tooLarge, { maxResponse: 100_000 })
const bomb = gzipSync(gzipSync(Buffer.alloc(50_000_000)))
const explode =
  (encoding: string, bytes: Buffer): Behaviour =>
  (_, response) => {
    response.setHeader('content-encoding', encoding)
    response.end(bytes)
  }
test('what unfolds into a huge answer is cut off', fails, explode('gzip, gzip', bomb), tooLarge, {
  maxResponse: 100_000,
})
test('so it is with brotli', fails, explode('br', brotliCompressSync(Buffer.alloc(10_000_000))), tooLarge, {
  maxResponse: 100_000,
})

test('a long answer that says no costs no memory', async t => {
  const server = await serve(t, (request, response) => {
    response.statusCode = 500
    endless(request, response)
  })
  t.is((await refusal(request(t, server.origin))).kind, 'http_status')
})

/** A server that says what it likes, in no protocol. */
const say = (text: string) =>
  new Promise<{ origin: string; close: () => void }>(resolve => {
    const sockets = new Set<Socket>()
    const server = createServer(socket => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('data', () => socket.end(text))
    })
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({ origin: `http://127.0.0.1:${port}`, close: () => server.close() })
    })
  })

test('a server that speaks another protocol is permanent', async t => {
  const { origin, close } = await say('220 mail.example.com ESMTP\r\n')
  t.teardown(close)
  const found = await refusal(request(t, origin, { retries: 2 }))
  t.like(found, { kind: 'network', failureClass: 'permanent', attempts: 1 })
  t.regex(found.message, /does not answer in HTTP/)
})

test('a refused connection and an unknown host are transient', async t => {
  const { origin, close } = await say('')
  close()
  const refused = await refusal(request(t, origin, { retries: 2 }))
  t.like(refused, { kind: 'network', failureClass: 'transient', attempts: 3 })
  t.regex(refused.message, /refuses connections \(ECONNREFUSED\)/)
  const unknown = await refusal(request(t, 'http://no-such-host.invalid/', { retries: 1 }))
  t.like(unknown, { kind: 'network', failureClass: 'transient', attempts: 2 })
  t.regex(unknown.message, /^No address is known for no-such-host\.invalid/)
})
