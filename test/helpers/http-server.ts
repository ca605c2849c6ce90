import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

/** A request as the server got it, its body whole. */
export type Received = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Counts the requests from 1. */
  readonly number: number
  /** Counts those of this URL from 1. */
  readonly time: number
}

export type Behaviour = (request: Received, response: ServerResponse) => void

export type TestServer = {
  readonly origin: string
  readonly host: string
  readonly requests: readonly Received[]
  /** Connections that were opened so far. */
  readonly connections: () => number
  /** The most requests that were unanswered at once. */
  readonly busiest: () => number
}

type Pair = { readonly key: string | Buffer; readonly cert: string | Buffer; readonly ca?: string | Buffer }

/** A server on a free port of the loopback, which does as it is told and ends with the test. */
export const serve = (t: Pick<ExecutionContext, 'teardown'>, behave: Behaviour, tls?: Pair): Promise<TestServer> => {
  const requests: Received[] = []
  const times = new Map<string, number>()
  let connections = 0
  let open = 0
  let busiest = 0
  const listener: Parameters<typeof createServer>[1] = (request, response) => {
    open++
    busiest = Math.max(busiest, open)
    response.once('close', () => open--)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const time = (times.get(url) ?? 0) + 1
      times.set(url, time)
      const received = { method, url, headers, body: String(Buffer.concat(chunks)), number: requests.length + 1, time }
      requests.push(received)
      behave(received, response)
    })
  }
  const server =
    tls === undefined
      ? createServer(listener)
      : createSecureServer({ ...tls, ...(tls.ca ? { requestCert: true } : {}) }, listener)
  server.on('connection', () => connections++)
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({
        origin: `http${tls === undefined ? '' : 's'}://127.0.0.1:${port}`,
        host: `127.0.0.1:${port}`,
        requests,
        connections: () => connections,
        busiest: () => busiest,
      })
    })
  })
}

/** Answers with JSON. */
export const json = (response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(value))
}

/** Fails three of ten requests with 503, and counts how many were tries of the same body at once. */
export const createFlaky = () => {
  const tries = new Map<string, number>()
  const seen = { retries: 0, most: 0 }
  let seed = 7
  // Minimal standard generator, Park and Miller, 1988.
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const behave: Behaviour = ({ body }, response) => {
    const time = (tries.get(body) ?? 0) + 1
    tries.set(body, time)
    if (time > 1) seen.most = Math.max(seen.most, ++seen.retries)
    setTimeout(() => {
      if (time > 1) seen.retries--
      json(response, 1, random() < 0.3 ? 503 : 200)
    }, 1)
  }
  return { behave, most: () => seen.most }
}
