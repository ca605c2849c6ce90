import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { certificate } from './certificates.js'

/** What a place needs to hold a secret: words of the command line, the environment, files of the folder. */
export type Place = {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

/** Where the request goes, and what the secret is. */
type Target = { readonly origin: string; readonly secret: string }

const withUser = (origin: string, user: string) => origin.replace('//', `//${user}@`)

/** Every place that takes a secret, but for literals, which the user has typed for everybody to see. */
export const places: Readonly<Record<string, (target: Target) => Place>> = {
  'header env:': ({ origin, secret }) => ({
    args: ['--http', origin, '-H', 'X-Team: env:KEY'],
    env: { KEY: secret },
  }),
  'header @file': ({ origin, secret }) => ({
    args: ['--http', origin, '-H', 'X-Team: @key'],
    files: { key: `${secret}\n` },
  }),
  'header scheme env:': ({ origin, secret }) => ({
    args: ['--http', origin, '-H', 'Authorization: Bearer env:KEY'],
    env: { KEY: secret },
  }),
  'header basic env:': ({ origin, secret }) => ({
    args: ['--http', origin, '-H', 'Authorization: Basic env:KEY'],
    env: { KEY: Buffer.from(`ann:${secret}`).toString('base64') },
  }),
  'user of a URL env:': ({ origin, secret }) => ({
    args: ['--http', 'env:API'],
    env: { API: withUser(origin, `ann:${encodeURIComponent(secret)}`) },
  }),
  'path of a URL @file': ({ origin, secret }) => ({
    args: ['--http', '@api'],
    files: { api: `${origin}/hooks/${encodeURIComponent(secret)}/x` },
  }),
  'query of a URL env:': ({ origin, secret }) => ({
    args: ['--http', 'env:API'],
    env: { API: `${origin}/?key=${encodeURIComponent(secret)}&n={.n}` },
  }),
  'body env:': ({ origin, secret }) => ({
    args: ['--http', origin, '-d', 'env:BODY'],
    env: { BODY: `{"key":${JSON.stringify(secret)},"n":{.n}}` },
  }),
  'body @file': ({ origin, secret }) => ({
    args: ['--http', origin, '-d', '@body', '-H', 'content-type: application/x-www-form-urlencoded'],
    files: { body: `key=${encodeURIComponent(secret)}&n={.n}` },
  }),
  'proxy env:': ({ origin, secret }) => ({
    args: ['--http', 'http://api.example.com/', '--proxy', 'env:PROXY'],
    env: { PROXY: withUser(origin, `ann:${encodeURIComponent(secret)}`) },
  }),
  HTTP_PROXY: ({ origin, secret }) => ({
    args: ['--http', 'http://api.example.com/'],
    env: { HTTP_PROXY: withUser(origin, `ann:${secret}`) },
  }),
  'private key': ({ origin, secret }) => ({
    args: ['--http', origin, '--cert', certificate('client.pem'), '--key', 'own.key'],
    files: { 'own.key': `${secret}\n${readFileSync(certificate('client.key'))}` },
  }),
}

/** What a server does with a request, or with a connection before there is one. */
type Failing = {
  readonly answer?: (request: string) => string
  readonly args?: readonly string[]
  readonly record?: string
}

const respond = (status: string, body: string, headers = '') =>
  `HTTP/1.1 ${status}\r\nconnection: close\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** Ways to fail, most of them with an answer that says again all that was sent. */
export const failings: Readonly<Record<string, Failing>> = {
  'a refusal': { answer: request => respond('422 No', request) },
  'a refusal as JSON': { answer: request => respond('400 No', JSON.stringify({ request })) },
  'a refusal with the id': {
    answer: request => respond('500 No', 'x', `x-request-id: ${/key[=:"]*([\w%+\\"]+)/.exec(request)?.[1] ?? 'r'}\r\n`),
  },
  'decoded credentials': {
    answer: request => respond('401 Who', Buffer.from(/Basic (\S+)/i.exec(request)?.[1] ?? '', 'base64').toString()),
  },
  'a redirect': {
    answer: request => respond('302 Found', request, `location: /${encodeURIComponent(request.slice(0, 500))}\r\n`),
  },
  'no JSON': { answer: request => respond('200 OK', `<html>${request}`) },
  'too much': { answer: request => respond('200 OK', JSON.stringify(request)), args: ['--max-response', '20'] },
  'half an answer': { answer: request => `HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n${request}` },
  'no HTTP': { answer: request => request },
  'the end of the connection': { answer: () => '' },
  'no answer': { args: ['--timeout', '150ms'] },
  'a record that does not fit': {
    answer: request => respond('429 Later', request, 'retry-after: 0\r\n'),
    args: ['-H', 'X-Field: {.missing}'],
  },
}

/** Servers that fail in one way each, on free ports. */
export const startFailing = async (name: string): Promise<{ readonly origin: string; readonly server: Server }> => {
  const failing = failings[name]
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', chunk => {
      if (failing?.answer !== undefined) socket.end(failing.answer(String(chunk)))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { origin: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, server }
}

/** Puts the files of a place into a folder; gives the words of the command line. */
export const prepare = (folder: string, place: Place, failing: Failing): readonly string[] => {
  for (const [name, text] of Object.entries(place.files ?? {})) writeFileSync(join(folder, name), text)
  const written = ['--dlq', 'failed.ndjson', '--summary', 'summary.json', '--backoff', '1ms..1ms', '--retries', '1']
  return ['map', '-j', '1', ...place.args, ...(failing.args ?? []), ...written]
}

/** Where a secret stands, as it is or in another writing: among the outputs and in the files that were written. */
export const findLeaks = (secret: string, folder: string, place: Place, outputs: Readonly<Record<string, string>>) => {
  const own = new Set(Object.keys(place.files ?? {}))
  const files = readdirSync(folder).filter(name => !own.has(name))
  const texts = {
    ...outputs,
    ...Object.fromEntries(files.map(name => [name, readFileSync(join(folder, name), 'utf8')])),
  }
  // Its words are the same in every writing but base64.
  const forms = [...(secret.match(/\w{5,}/g) ?? []), Buffer.from(`ann:${secret}`).toString('base64')]
  return Object.entries(texts).flatMap(([name, text]) => (forms.some(form => text.includes(form)) ? [name] : []))
}

/** The command lines of all processes, as everybody may read them. */
export const readProcessList = (): string => {
  try {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(name => {
        try {
          return readFileSync(`/proc/${name}/cmdline`, 'utf8')
        } catch {
          return ''
        }
      })
      .join('\n')
  } catch {
    return ''
  }
}
