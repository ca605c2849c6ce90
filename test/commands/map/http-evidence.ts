import { gzipSync } from 'node:zlib'
import test from 'ava'
import { streamz } from '../../helpers/cli.js'
import { type Behaviour, json, serve } from '../../helpers/http-server.js'
import { map } from '../../helpers/map-http.js'

const keeps = test.macro(async (t, behave: Behaviour, error: object, args: readonly string[] = []) => {
  const server = await serve(t, behave)
  const { failed, out } = await map(t, [server.origin, ...args], { stdin: '{}\n' })
  t.deepEqual(out, [])
  t.like(failed[0], { error })
})

const answer =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Behaviour =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)

test('what a refusal says is kept, and its name', keeps, answer(422, '{"why":"no id"}', { 'x-request-id': 'r-7' }), {
  status: 422,
  output: '{"why":"no id"}',
  request_id: 'r-7',
})
test('4 KiB of it', keeps, answer(500, 'x'.repeat(100_000)), { output: 'x'.repeat(4096) })
test('unpacked', keeps, answer(400, gzipSync('why'), { 'content-encoding': 'gzip' }), { output: 'why' })
test('half of it, unpacked', keeps, answer(400, gzipSync('why').subarray(0, -8), { 'content-encoding': 'gzip' }), {
  output: 'why',
})
test(
  'a bomb is no more than its beginning',
  keeps,
  answer(400, gzipSync(Buffer.alloc(1e8)), { 'content-encoding': 'gzip' }),
  {
    output: '\0'.repeat(4096),
  },
)
test('nothing when it says nothing', keeps, answer(404, ''), { status: 404, output: undefined })
test('an answer that is not JSON', keeps, answer(200, '<html>', { 'request-id': 'r-8' }), {
  kind: 'output_parse',
  output: '<html>',
  request_id: 'r-8',
})
test('a redirect', keeps, answer(302, 'moved', { location: '/x' }), { status: 302, output: 'moved' })

const gives = test.macro(async (t, behave: Behaviour, args: readonly string[], expected: string) => {
  const server = await serve(t, behave)
  const { stdout, stderr } = await streamz(t, ['map', '--http', server.origin, ...args], { stdin: '{"a" : 1.0}\n' })
  t.is(String(stdout), expected)
  t.is(stderr, '')
  t.is(server.requests.length, 1)
})
const empty: Behaviour = (_, response) => void response.writeHead(204).end()
test('204 is null', gives, empty, [], 'null\n')
test('204 with --multi is nothing', gives, empty, ['--multi'], '')
test('204 with --raw is an empty text', gives, empty, ['--raw'], '""\n')
test('205 is null', gives, answer(205, ''), ['--keep'], '{"record":{"a" : 1.0},"result":null}\n')
test('HEAD is null', gives, answer(200, ''), ['-X', 'HEAD'], 'null\n')
test('--pass: the record goes on, whatever was answered', gives, answer(200, '<html>'), ['--pass'], '{"a" : 1.0}\n')
test(
  '--pass: nobody measures the answer',
  gives,
  answer(200, 'x'.repeat(100_000)),
  ['--pass', '--max-response', '1kB'],
  '{"a" : 1.0}\n',
)
test('--pass: no content', gives, empty, ['--pass'], '{"a" : 1.0}\n')

const refuses = test.macro(async (t, args: readonly string[], message: RegExp) => {
  const { exitCode, stderr } = await streamz(t, ['map', ...args], { stdin: '{}\n', env: { KEY: 'S3CR3T' } })
  t.is(exitCode, 2)
  t.regex(stderr, message)
  t.notRegex(stderr, /S3CR3T/)
})
const http = ['--http', 'http://127.0.0.1:1/']
test('env: within a header', refuses, [...http, '-H', 'X-Key: key=env:KEY'], /--header X-Key: env:KEY is inside/)
test('env: after two words', refuses, [...http, '-H', 'X-Key: a b env:KEY'], /--literal-env allows it/)
test('env: with more behind', refuses, [...http, '-H', 'X-Key: env:KEY;v=1'], /env:KEY is inside/)
test('env: within a body', refuses, [...http, '-d', '{"key":"env:KEY"}'], /--body: env:KEY is inside/)
test('env: within a URL', refuses, ['--http', 'http://127.0.0.1:1/env:KEY'], /--http: env:KEY is inside/)
test('env: within a proxy', refuses, [...http, '--proxy', 'http://u:env:KEY@h'], /--proxy: env:KEY is inside/)

test('--literal-env sends it as it stands; a record and a file are never looked at', async t => {
  const server = await serve(t, (_, response) => json(response, 1))
  const args = [server.origin, '-H', 'X-Key: key=env:KEY', '--literal-env']
  t.is((await map(t, args, { stdin: '"env:KEY"\n' })).exitCode, 0)
  t.like(server.requests[0], { body: '"env:KEY"', headers: { 'x-key': 'key=env:KEY' } })
  t.is((await map(t, [server.origin, '-H', 'X-Key: xenv:KEY env:key'], { stdin: '1\n' })).exitCode, 0)
})
