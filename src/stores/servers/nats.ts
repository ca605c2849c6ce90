import type { KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { realClock } from '../../core/clock.js'
import { wait } from '../../core/wait.js'
import type { ServerAddress } from './address.js'
import { createDoor } from './door.js'
import { explainNats } from './explain-nats.js'
import type { Cell, Credentials, Draft, KeptValue, Server, Swapped } from './server.js'
import { createServerClock } from './server-clock.js'
import { NoAnswer, within } from './within.js'

/** Opens a connection to NATS and the bucket of an address, which is made when there is none. Rejects with a StoreError. */
export const connectNats = async (address: ServerAddress, credentials: Credentials, until: number): Promise<Server> => {
  const { server } = address
  let trouble: unknown
  const explain = (error: unknown) => explainNats(error, trouble, server)
  const { connection, bucket } = await openUntil(address, credentials, until)
  const door = createDoor()
  const losses = createLosses()
  const clock = createServerClock(realClock)
  let isThere = true
  const watch = async () => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect' || status.type === 'close') {
        isThere = false
        losses.tell()
      } else if (status.type === 'reconnect') {
        isThere = true
        trouble = undefined
        door.open()
      } else if (status.type === 'error') {
        trouble = status.error
        if (explain(status.error).code !== 'unreachable') door.refuse(status.error)
      }
    }
  }
  const watching = watch()

  // An entry says when it was written: not after it was read, and not before an earlier one of ours was sent.
  let written: Written | undefined
  const get = async (name: string): Promise<KeptValue | undefined> => {
    const found = await losses.race(bucket.get(name))
    if (found === null) return undefined
    const { revision, created } = found
    const received = revision === written?.revision ? written.received : realClock.now()
    const sent = written !== undefined && revision >= written.revision ? written.sent : Number.NEGATIVE_INFINITY
    clock.observe(sent, received, created.getTime())
    return found.operation === 'PUT' ? readEntry(revision, found.value) : undefined
  }
  let checked = Number.NEGATIVE_INFINITY
  const put = async (name: string, write: () => Promise<number>): Promise<string> => {
    const sent = realClock.now()
    const revision = await losses.race(write())
    written = { revision, sent, received: realClock.now() }
    if (sent - checked > checkEvery) {
      checked = sent
      await get(name)
    }
    return String(revision)
  }
  const swap = async (name: string, expected: string | undefined, draft: Draft): Promise<Swapped> => {
    const bytes = writeEntry(draft)
    try {
      const revision = await put(name, () =>
        expected === undefined ? bucket.create(name, bytes) : bucket.update(name, bytes, Number(expected)),
      )
      return { isDone: true, revision }
    } catch (error) {
      if (!isConflict(error)) throw error
      return { isDone: false, entry: await get(name) }
    }
  }
  return {
    async findRisks() {
      // The first times that the server is heard to say.
      for (let times = 0; times < 3; times++) {
        await put(clockName, () => bucket.put(clockName, '{}'))
        await get(clockName)
      }
      return []
    },
    cell: (name): Cell => ({
      load: () => get(name),
      look: async () => (await get(name))?.tokens[0],
      swap: (expected, draft) => swap(name, expected, draft),
    }),
    async list(prefix) {
      const names: string[] = []
      for await (const name of await bucket.keys()) if (name.startsWith(prefix)) names.push(name)
      return names.toSorted()
    },
    ready: () => (isThere ? Promise.resolve() : door.wait()),
    wall: clock.wall,
    explain,
    async close() {
      await connection.close()
      await watching
    },
  }
}

type Written = { readonly revision: number; readonly sent: number; readonly received: number }

const clockName = '_clock'
// Whoever writes unopposed would not learn that his clock is ahead.
const checkEvery = 1000

type Opened = { readonly connection: NatsConnection; readonly bucket: KV }

/** Tries again until then while the server is away. */
const openUntil = async (address: ServerAddress, credentials: Credentials, until: number): Promise<Opened> => {
  const packages = await loadPackages()
  for (;;) {
    let connection: NatsConnection | undefined
    try {
      connection = await connectOnce(packages, address, credentials, until)
      return { connection, bucket: await within(openBucket(packages, connection, address.room), until) }
    } catch (error) {
      await connection?.close()
      const told = explainNats(error, undefined, address.server)
      if (told.code !== 'unreachable' || realClock.now() + pause > until) throw told
      await wait(pause, realClock)
    }
  }
}

const pause = 250

const loadPackages = async () => {
  const { connect, credsAuthenticator } = await import('@nats-io/transport-node')
  const { jetstream } = await import('@nats-io/jetstream')
  const { Kvm } = await import('@nats-io/kv')
  return { connect, credsAuthenticator, jetstream, Kvm }
}

type Packages = Awaited<ReturnType<typeof loadPackages>>

const connectOnce = async (
  { connect, credsAuthenticator }: Packages,
  address: ServerAddress,
  credentials: Credentials,
  until: number,
): Promise<NatsConnection> => {
  const { host, port, user } = address
  const { ca, creds, password = address.password } = credentials
  return connect({
    servers: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...(user === undefined ? (password === undefined ? {} : { token: password }) : { user, pass: password ?? '' }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    ...(creds === undefined ? {} : { authenticator: credsAuthenticator(Buffer.from(creds)) }),
    name: 'streamz',
    timeout: Math.max(1, until - realClock.now()),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    reconnectJitter: 50,
    ignoreClusterUpdates: true,
    pingInterval: 2500,
  })
}

const openBucket = async ({ jetstream, Kvm }: Packages, connection: NatsConnection, name: string): Promise<KV> => {
  // Only the leader of a cluster knows the newest value.
  return new Kvm(jetstream(connection, { timeout: 10_000 })).create(name, { history: 1, allow_direct: false })
}

/** A line of tokens before the value. */
const writeEntry = ({ tokens, bytes }: Draft): Uint8Array =>
  Buffer.concat([Buffer.from(`${tokens.join(' ')}\n`), bytes])

const readEntry = (revision: number, value: Uint8Array): KeptValue => {
  const all = Buffer.from(value)
  const end = all.indexOf('\n')
  return {
    revision: String(revision),
    tokens: all.subarray(0, Math.max(0, end)).toString().split(' '),
    bytes: all.subarray(end + 1),
  }
}

const isConflict = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 10071 || error.code === 10164)

/** Questions on their way, which fail when the connection is lost. */
const createLosses = () => {
  const waiting = new Set<(error: Error) => void>()
  return {
    tell() {
      for (const reject of waiting) reject(new NoAnswer())
      waiting.clear()
    },
    race: <R>(question: Promise<R>): Promise<R> =>
      new Promise((resolve, reject) => {
        waiting.add(reject)
        question.then(resolve, reject).finally(() => waiting.delete(reject))
      }),
  }
}
