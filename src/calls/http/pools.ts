import type { ConnectionOptions } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import Pool from 'undici/lib/dispatcher/pool.js'
import type { Clock } from '../../core/clock.js'
import { type Connector, createConnector } from './connect.js'
import type { ChooseProxy } from './proxy.js'
import type { HttpRequest } from './request.js'

export type PoolOptions = {
  /** Maximum number of connections to one origin. */
  readonly connections: number
  /** Milliseconds. */
  readonly connectTimeout: number
  readonly clock: Clock
  /** PEM texts. */
  readonly tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>
  readonly chooseProxy: ChooseProxy
}

/** How to reach an origin. */
export type PoolRoute = {
  readonly pool: Pool
  /** The proxy that passes requests on, as a URL: what goes wrong on the way to it is its fault. */
  readonly proxy: string | undefined
  /** The request as it goes over this route. */
  adapt(request: HttpRequest): HttpRequest
}

export type Pools = {
  /** The way to an origin; our own certificate is shown only to one that is trusted. */
  find(origin: string, trusted: boolean): PoolRoute
  close(): Promise<void>
}

type OwnRoute = PoolRoute & { readonly connector: Connector }

/** Maximum number of origins with kept-alive connections: records that choose their host must not pile them up. */
const maxPools = 64

/** Keeps connections alive, a pool per origin. */
export const createPools = (options: PoolOptions): Pools => {
  // undici's parser is one large WebAssembly function. V8 optimizes it during the first response, which takes a third of a
  // second of CPU time and 40 MB: with this budget, in bytes of code that have run, after about a thousand responses.
  setFlagsFromString('--wasm-tiering-budget=2000000000')
  // The one used last is the last.
  const routes = new Map<string, OwnRoute>()
  const leaving = new Set<OwnRoute>()

  const add = (key: string, origin: string, trusted: boolean) => {
    const { connections, connectTimeout: timeout, clock, chooseProxy } = options
    const { cert, key: privateKey, ...tls } = options.tls
    const proxy = chooseProxy(origin)
    const isTunnel = proxy !== undefined && origin.startsWith('https:')
    const own = trusted && cert !== undefined ? { ...tls, cert, key: privateKey } : tls
    const passesOn = proxy !== undefined && !isTunnel
    const tunnel = isTunnel ? proxy : undefined
    const connector = createConnector({ timeout, clock, tls: own, tunnel, isProxy: passesOn })
    const pool = new Pool(passesOn ? proxy.origin : origin, { connections, pipelining: 1, connect: connector.connect })
    const authorization = proxy?.authorization
    const extra = authorization === undefined ? [] : ['proxy-authorization', authorization]
    // A proxy gets the whole URL, RFC 9112, section 3.2.2.
    const toProxy = (request: HttpRequest): HttpRequest => ({
      ...request,
      path: `${request.origin}${request.path}`,
      headers: [...withHost(request), ...extra],
    })
    const route = {
      pool,
      connector,
      proxy: passesOn ? proxy.origin : undefined,
      adapt: passesOn ? toProxy : (request: HttpRequest) => request,
    }
    routes.set(key, route)
    return route
  }

  const leaveOldest = () => {
    const [oldest] = routes
    if (oldest === undefined) return
    const [key, route] = oldest
    routes.delete(key)
    // What runs may end.
    leaving.add(route)
    void route.pool.close().finally(() => leaving.delete(route))
  }

  return {
    find(origin, trusted) {
      const key = trusted ? origin : `${origin} untrusted`
      const known = routes.get(key)
      if (known !== undefined) {
        if (routes.size > 1) routes.delete(key)
        routes.set(key, known)
        return known
      }
      if (routes.size >= maxPools) leaveOldest()
      return add(key, origin, trusted)
    },
    async close() {
      const all = [...routes.values(), ...leaving]
      routes.clear()
      for (const { connector } of all) connector.close()
      await Promise.all(all.map(({ pool }) => pool.destroy()))
    },
  }
}

const withHost = ({ headers, origin }: HttpRequest): readonly string[] =>
  headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
    ? headers
    : [...headers, 'host', new URL(origin).host]
