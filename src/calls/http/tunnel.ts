import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { Failure } from '../../core/failure.js'
import { networkFailure } from './network-failure.js'
import type { HttpProxy } from './proxy.js'

/** Asks a proxy for a tunnel to `host:port` (RFC 9110, CONNECT) and hands over the connection. */
export const openTunnel = (
  proxy: HttpProxy,
  target: string,
  tls: ConnectionOptions,
  opened: (socket: Socket) => void,
  failed: (error: Error) => void,
): { destroy(): unknown } => {
  const url = new URL(proxy.origin)
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  const { rejectUnauthorized, ca } = tls
  const request = send({
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(ca === undefined ? {} : { ca }),
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: target,
    agent: false,
    headers: {
      host: target,
      ...(proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization }),
    },
  })
  request.once('connect', ({ statusCode = 0 }, socket: Socket) => {
    if (statusCode >= 200 && statusCode < 300) return opened(socket)
    socket.destroy()
    failed(refused(url.host, statusCode))
  })
  // A proxy that answers a CONNECT with a body.
  request.once('response', response => {
    response.destroy()
    failed(refused(url.host, response.statusCode ?? 0))
  })
  request.on('error', error => failed(networkFailure(error, proxy.origin, true)))
  request.end()
  return request
}

const refused = (host: string, status: number): Failure => {
  const help = status === 407 ? ', which asks for a user and a password: --proxy http://USER:PASSWORD@…' : ''
  const failureClass = status >= 500 ? 'transient' : 'permanent'
  return new Failure('network', failureClass, `No tunnel through the proxy ${host}: it answered ${status}${help}`)
}
