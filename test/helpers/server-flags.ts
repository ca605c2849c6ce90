import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { resolve } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import type { ExecutionContext } from 'ava'
import { certificate, pair } from './certificates.js'
import { streamz } from './cli.js'
import type { FlagCase, FlagCases } from './flags.js'

/** A Redis that lets nobody in, and says of a password that it is wrong. */
const refuseRedis = (socket: Socket) =>
  socket
    .on('error', () => {})
    .on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1')
      const answer = /\bAUTH\b/i.test(text) ? '-WRONGPASS invalid password\r\n' : '-NOAUTH Authentication required.\r\n'
      socket.write(answer.repeat(text.match(/\*\d+\r\n/g)?.length ?? 0))
    })

/** A NATS that lets nobody in, and says of signed credentials that they are too old. */
const refuseNats = (socket: Socket) => {
  socket
    .on('error', () => {})
    .on('data', (bytes: Buffer) => {
      if (!bytes.includes('CONNECT')) return
      socket.end(
        bytes.includes('"sig"') ? "-ERR 'User Authentication Expired'\r\n" : "-ERR 'Authorization Violation'\r\n",
      )
    })
  socket.write(
    'INFO {"server_id":"a","version":"2.9.10","auth_required":true,"nonce":"abc","headers":true,"max_payload":1048576}\r\n',
  )
}

const listen = async (t: ExecutionContext, server: Server): Promise<number> => {
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket)).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server, 'listening')
  return (server.address() as { port: number }).port
}

/** Runs it with the port of a server in the place of the word PORT. */
const withServer =
  (create: () => Server): NonNullable<FlagCase['run']> =>
  async (t, args) => {
    const port = await listen(t, create())
    const words = args.map(word => word.replace('PORT', `${port}`))
    return streamz(t, words, { env: { SECRET: 'hush-hush' }, stdin: '1\n' })
  }

const look: FlagCase['look'] = ({ stderr }) => ({
  says: /asks for a password|refuses the password|not trusted|refuses the user|have expired/.exec(stderr)?.[0],
  isTold: stderr.includes('hush-hush'),
})

/** The flags of a state on a server, for a command that takes the URL after these words. */
export const serverFlags = (place: readonly string[], rest: Pick<FlagCase, 'args' | 'command'> = {}): FlagCases => ({
  '--state-auth': {
    ...rest,
    instead: [...place, 'redis://127.0.0.1:PORT/api'],
    flag: [...place, 'redis://127.0.0.1:PORT/api', '--state-auth', 'env:SECRET'],
    run: withServer(() => createServer(refuseRedis)),
    look,
    without: { out: '', exit: 74, says: 'asks for a password', isTold: false },
    with: { out: '', exit: 74, says: 'refuses the password', isTold: false },
  },
  '--state-cacert': {
    ...rest,
    instead: [...place, 'rediss://127.0.0.1:PORT/api'],
    flag: [...place, 'rediss://127.0.0.1:PORT/api', '--state-cacert', certificate('ca.pem')],
    run: withServer(() => createTlsServer(pair('good'), refuseRedis)),
    look,
    without: { out: '', exit: 74, says: 'not trusted' },
    with: { out: '', exit: 74, says: 'asks for a password' },
  },
  '--state-creds': {
    ...rest,
    instead: [...place, 'nats://127.0.0.1:PORT/b/api'],
    flag: [...place, 'nats://127.0.0.1:PORT/b/api', '--state-creds', resolve('test/fixtures/nats.creds')],
    run: withServer(() => createServer(refuseNats)),
    look,
    without: { out: '', exit: 74, says: 'refuses the user' },
    with: { out: '', exit: 74, says: 'have expired' },
  },
})
