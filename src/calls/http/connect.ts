import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { buildConnector } from 'undici'
import type { Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import { formatDuration } from '../../core/format-duration.js'
import { runningTimeOf } from '../../core/running-time.js'
import type { HttpProxy } from './proxy.js'
import { tolerateContinue } from './tolerate-continue.js'
import { openTunnel } from './tunnel.js'

export type ConnectOptions = {
  /** Milliseconds for the connection to stand, TLS and a proxy's tunnel included; 0 for no end. */
  readonly timeout: number
  readonly clock: Clock
  readonly tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>
  /** Connects through a tunnel of this proxy. */
  readonly tunnel?: HttpProxy | undefined
  /** It is a proxy that is connected to. */
  readonly isProxy?: boolean
}

export type Connector = {
  readonly connect: buildConnector.connector
  /** Ends connections that do not stand yet. */
  close(): void
}

/** Makes the connections of a pool. */
export const createConnector = (options: ConnectOptions): Connector => {
  const opening = new Set<() => void>()
  // A TLS session that is resumed saves a round trip.
  let session: Buffer | undefined

  const connect: buildConnector.connector = ({ hostname, protocol, port }, callback) => {
    const number = Number(port || (protocol === 'https:' ? 443 : 80))
    let socket: { destroy(error?: Error): unknown } | undefined
    const settle = (error: Error | undefined, connected?: Socket) => {
      if (!opening.delete(abandon)) return
      cancelTimer()
      if (connected !== undefined && error === undefined) callback(null, tolerateContinue(connected))
      else callback(error ?? new Error('Not connected'), null)
    }
    const giveUp = (error: Error) => {
      settle(error)
      socket?.destroy()
    }
    const abandon = () =>
      giveUp(new Failure('cancelled', 'transient', 'Cancelled before the connection was established'))
    const cancelTimer =
      options.timeout === 0
        ? () => {}
        : runningTimeOf(options.clock).after(options.timeout, () => giveUp(tooSlow(hostname, number, options)))
    opening.add(abandon)

    const open = (through?: Socket) => {
      if (!opening.has(abandon)) {
        through?.destroy()
        return
      }
      const opened = protocol === 'https:' ? openTls(through) : (through ?? openTcp())
      socket = opened
      opened.setNoDelay(true)
      opened.setKeepAlive(true, 60_000)
      // undici listens itself once it has the socket, this one is for errors before and after.
      opened.on('error', settle)
      opened.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => settle(undefined, opened))
    }
    const openTcp = () => connectTcp({ host: hostname, port: number })
    const openTls = (through: Socket | undefined) => {
      const opened = connectTls({
        ...options.tls,
        host: hostname,
        port: number,
        servername: isIP(hostname) === 0 ? hostname : '',
        ALPNProtocols: ['http/1.1'],
        ...(session === undefined ? {} : { session }),
        ...(through === undefined ? {} : { socket: through }),
      })
      opened.on('session', (given: Buffer) => {
        session = given
      })
      return opened
    }

    if (options.tunnel === undefined) open()
    else socket = openTunnel(options.tunnel, `${hostname}:${number}`, options.tls, open, giveUp)
  }

  return {
    connect,
    close() {
      for (const abandon of [...opening]) abandon()
    },
  }
}

const tooSlow = (hostname: string, port: number, { timeout, tunnel, isProxy }: ConnectOptions) => {
  const through = tunnel === undefined ? '' : ` through the proxy ${new URL(tunnel.origin).host}`
  const whom = `${isProxy ? 'the proxy ' : ''}${hostname}:${port}${through}`
  return new Failure(
    'timeout',
    'transient',
    `No connection to ${whom} within ${formatDuration(timeout)}; --connect-timeout sets the limit`,
  )
}
