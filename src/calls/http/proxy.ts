import { decode } from './mask.js'

/** A server that passes requests on. */
export type HttpProxy = {
  readonly origin: string
  /** Value of `HttpProxy-Authorization`. */
  readonly authorization?: string
}

/** Which proxy to use for an origin. */
export type ChooseProxy = (origin: string) => HttpProxy | undefined

/**
 * The proxy given for all, else those of the environment: `http_proxy`, `https_proxy`, in small letters or capitals;
 * `no_proxy` names hosts to reach directly (`*` all, `example.com` it and what is below, `host:port`), also with one given.
 * `named` says where a URL comes from when it is wrong. Throws a `RangeError`.
 */
export const prepareProxies = (given: string | undefined, environment: NodeJS.ProcessEnv): ChooseProxy => {
  const read = (name: string) => environment[name] || environment[name.toUpperCase()]
  const all = given === undefined ? undefined : parseProxy(given, '--proxy')
  const plain = all ?? parseProxy(read('http_proxy'), 'The environment variable HTTP_PROXY')
  const secure = all ?? parseProxy(read('https_proxy'), 'The environment variable HTTPS_PROXY')
  const direct = (read('no_proxy') ?? '').split(/[\s,]+/).filter(entry => entry !== '')
  return origin => {
    const url = new URL(origin)
    const proxy = url.protocol === 'https:' ? secure : plain
    return proxy === undefined || direct.some(entry => names(entry, url)) ? undefined : proxy
  }
}

const parseProxy = (text: string | undefined, named: string): HttpProxy | undefined => {
  if (text === undefined || text === '') return undefined
  const full = text.includes('://') ? text : `http://${text}`
  const url = URL.canParse(full) ? new URL(full) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new RangeError(`${named} is not the URL of an HTTP proxy, expected one like http://proxy.example.com:3128`)
  }
  const { origin, username, password } = url
  if (username === '' && password === '') return { origin }
  const pair = `${decode(username)}:${decode(password)}`
  return { origin, authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

const names = (entry: string, { hostname, port, protocol }: URL): boolean => {
  if (entry === '*') return true
  const [, given = '', wanted] = /^\*?\.?(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? []
  const name = given.includes(':') ? normalise(given) : given
  if (wanted !== undefined && wanted !== (port || (protocol === 'https:' ? '443' : '80'))) return false
  return hostname === name || hostname.endsWith(`.${name}`)
}

/** An IPv6 address as a URL writes it, in brackets. */
const normalise = (address: string): string => {
  const url = `http://${address.startsWith('[') ? address : `[${address}]`}`
  return URL.canParse(url) ? new URL(url).hostname : address
}
