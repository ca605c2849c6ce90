import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { type Behaviour, json, serve } from '../../helpers/http-server.js'
import { map } from '../../helpers/map-http.js'

const status =
  (code: number, headers: Record<string, string> = {}): Behaviour =>
  (_, response) =>
    json(response, 1, code, headers)

/** Bytes in the place of an answer, and the end of the connection. */
const raw =
  (text: string): Behaviour =>
  (_, response) =>
    void response.socket?.end(text)

const body =
  (bytes: string | Buffer, headers: Record<string, string> = {}): Behaviour =>
  (_, response) => {
    response.writeHead(200, headers)
    response.end(bytes)
  }

const proceed = 'HTTP/1.1 100 Continue\r\n'
const whole = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 23\r\n\r\n"HTTP/1.1 100 Continue"'

/** An answer right behind these bytes. */
const answerAfter =
  (text: string): Behaviour =>
  (_, response) => {
    response.socket?.write(text)
    json(response, 1)
  }

/** Each byte in a write of its own. */
const inPieces =
  (text: string): Behaviour =>
  async (_, response) => {
    for (const byte of text) await new Promise(done => response.socket?.write(byte, done))
    response.socket?.end()
  }

const dribble: Behaviour = (_, response) => {
  const timer = setInterval(() => response.write(' '), 20)
  response.once('close', () => clearInterval(timer))
}

const endless: Behaviour = (_, response) => {
  const more = () => {
    while (response.write(Buffer.alloc(64 * 1024, ' ')));
  }
  response.on('drain', more)
  more()
}

const zipped = { 'content-encoding': 'gzip' }
const zip = gzipSync('{"a":1}')

/** What a server may do, and what comes of it: undefined is a result. */
const behaviours: Table = {
  good: [status(200)],
  created: [status(201)],
  reset: [(_, response) => void response.socket?.resetAndDestroy(), 'network transient'],
  closed: [raw(''), 'network transient'],
  'half a head': [raw('HTTP/1.1 200 OK\r\ncontent-le'), 'network transient'],
  'a head alone': [raw('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n'), 'network transient'],
  'half a body': [raw('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"a":'), 'network transient'],
  'half the chunks': [raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n'), 'network transient'],
  'another protocol': [raw('220 mail.example.com ESMTP\r\n'), 'network permanent'],
  'a head too long': [raw(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`), 'network permanent'],
  '503 alone': [status(503), 'http_status transient'],
  '500': [status(500), 'http_status transient'],
  '408': [status(408), 'http_status transient'],
  '404': [status(404), 'http_status permanent'],
  '501': [status(501), 'http_status permanent'],
  'a refusal without end': [
    (request, response) => {
      response.statusCode = 500
      endless(request, response)
    },
    'http_status transient',
  ],
  'a redirect': [status(307, { location: '/' }), 'http_status permanent'],
  'text of a wrong type': [body('hello', { 'content-type': 'application/json' }), 'output_parse permanent'],
  'JSON of a wrong type': [body('1', { 'content-type': 'text/html' })],
  'a page': [body('<html>', { 'content-type': 'text/html' }), 'output_parse permanent'],
  nothing: [body(''), 'output_parse permanent'],
  'no content': [(_, response) => void response.writeHead(204).end()],
  'content to be reset': [(_, response) => void response.writeHead(205).end()],
  'a continue nobody asked for': [answerAfter(`${proceed}\r\n`)],
  'a continue with headers, twice': [answerAfter(`${proceed}x: y\r\n\r\n${proceed}\r\n`)],
  'a continue in pieces': [inPieces(`${proceed}\r\n${whole}`)],
  'a hint before the answer': [answerAfter('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n')],
  'a continue and no more': [raw(`${proceed}\r\n`), 'network transient'],
  'two results': [body('1\n2\n'), 'output_parse permanent'],
  huge: [body(Buffer.alloc(20_000, '1')), 'output_too_large permanent'],
  endless: [endless, 'output_too_large permanent'],
  'a bomb': [body(gzipSync(Buffer.alloc(10_000_000, '1')), zipped), 'output_too_large permanent'],
  'no gzip': [body('{"a":1}', zipped), 'output_parse permanent'],
  'half a gzip': [body(zip.subarray(0, -9), zipped), 'output_parse permanent'],
  gzip: [body(zip, zipped)],
  'a last answer': [(_, response) => json(response, 1, 200, { connection: 'close' })],
  'an answer nobody asked for': [raw('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1HTTP/1.1 200 OK\r\n\r\n2')],
}

type Table = Readonly<Record<string, readonly [Behaviour, outcome?: string]>>

/** What came of each, with how many attempts as the record says and as the server has counted. */
const mapAll = async (t: ExecutionContext, table: Table, args: readonly string[]) => {
  const names = Object.keys(table)
  const server = await serve(t, (request, response) => {
    table[decodeURIComponent(request.url.slice(1))]?.[0](request, response)
  })
  const all = [`${server.origin}/{.how}`, '--max-response', '10kB', '-j', '10', ...args]
  const stdin = names.map(how => `${JSON.stringify({ how })}\n`).join('')
  const { out, failed, exitCode, summary } = await map(t, all, { stdin })
  t.is(out.length + failed.length, names.length)
  t.like(summary, { read: names.length, delivered: out.length, failed: failed.length, undelivered: 0 })
  t.is(exitCode, 1)
  const found = new Map(failed.map(failure => [(failure.record as { how: string }).how, failure]))
  return names.map(name => {
    const failure = found.get(name)
    const outcome = failure === undefined ? undefined : `${failure.error.kind} ${failure.error.class}`
    const sent = server.requests.filter(({ url }) => url === `/${encodeURIComponent(name)}`).length
    return { name, outcome, attempts: failure?.attempts ?? 1, sent }
  })
}

/** What is to come of each with so many retries. */
const expected = (table: Table, retries: number) =>
  Object.entries(table).map(([name, [, outcome]]) => {
    // A pause is no try, five times.
    const more = outcome?.endsWith('throttled') ? 5 + retries : outcome?.endsWith('transient') ? retries : 0
    return { name, outcome, attempts: 1 + more, sent: 1 + more }
  })

const counts = test.macro(async (t, args: readonly string[], retries: number) => {
  t.deepEqual(await mapAll(t, behaviours, args), expected(behaviours, retries))
})
const many = ['--retry-budget', '100%/10']
test('whatever the server does, a POST is sent once and each record is a result or a failure', counts, [], 0)
test('with retries what may pass is tried again, the rest is not', counts, ['--retries', '2', ...many], 2)
test('so it is with GET, which has two retries of its own', counts, ['-X', 'GET', ...many], 2)
test('--retries 0 is none for GET too', counts, ['-X', 'GET', '--retries', '0'], 0)

const slow: Table = {
  'no head': [() => {}, 'timeout transient'],
  'no whole head': [(_, response) => void response.socket?.write('HTTP/1.1 200 OK\r\ncontent-'), 'timeout transient'],
  'a body without end': [dribble, 'timeout transient'],
}
const times = test.macro(async (t, args: readonly string[], retries: number) => {
  for (const { sent, ...found } of await mapAll(t, slow, ['--timeout', '500ms', ...args])) {
    t.like(found, { outcome: 'timeout transient', attempts: 1 + retries }, found.name)
    // One that is ended early enough never reaches the server.
    t.true(sent <= 1 + retries, `${found.name}: ${sent}`)
  }
})
test('what takes too long is a timeout, sent once', times, [], 0)
test('what takes too long is tried again', times, ['--retries', '1'], 1)
