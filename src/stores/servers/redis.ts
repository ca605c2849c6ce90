import { isIP } from 'node:net'
import { realClock } from '../../core/clock.js'
import type { StoreError } from '../store-error.js'
import type { ServerAddress } from './address.js'
import { createDoor } from './door.js'
import { explainRedis } from './explain-redis.js'
import type { Cell, Credentials, KeptValue, Server } from './server.js'
import { createServerClock } from './server-clock.js'

/** Opens a connection to Redis, or to what speaks its protocol; rejects at once when the package is missing. */
export const connectRedis = async (address: ServerAddress, credentials: Credentials): Promise<Server> => {
  const { Redis: Client } = await import('ioredis')
  const { server, host, port, tls, user, room } = address
  const password = credentials.password ?? address.password
  const client = new Client({
    host,
    port,
    db: Number(room),
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(tls
      ? {
          tls: {
            ...(isIP(host) === 0 ? { servername: host } : {}),
            ...(credentials.ca === undefined ? {} : { ca: credentials.ca }),
          },
        }
      : {}),
    connectionName: 'streamz',
    lazyConnect: true,
    // Who asks waits by himself, and nothing is ever sent twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: tries => Math.min(50 * tries, 500),
    connectTimeout: 4000,
    socketTimeout: 5000,
  })
  const clock = createServerClock(realClock)
  const door = createDoor()
  let trouble: unknown
  const explain = (error: unknown): StoreError => explainRedis(error, trouble, server)
  client.on('error', error => {
    trouble = error
    if (explain(error).code !== 'unreachable') door.refuse(error)
  })
  client.on('ready', () => {
    trouble = undefined
    door.open()
  })
  const run = async (
    script: string,
    key: string,
    ...values: readonly string[]
  ): Promise<readonly (string | null)[]> => {
    const sent = realClock.now()
    const [seconds, micros, ...answer] = (await client.eval(script, 1, key, ...values)) as Reply
    clock.observe(sent, realClock.now(), Math.floor(Number(seconds) * 1000 + Number(micros) / 1000))
    return answer
  }
  const cell = (name: string): Cell => {
    const key = `${prefix}${name}`
    return {
      load: async () => readEntry(await run(load, key)),
      look: async () => (await run(look, key))[0] ?? undefined,
      async swap(expected, { tokens, bytes, lifetime }) {
        const [token = ''] = tokens
        const given = [expected ?? '', token, tokens.join(' '), bytes.toString(), String(Math.ceil(lifetime))]
        const answer = await run(swap, key, ...given)
        if (answer[0] === 'done') return { isDone: true, revision: token }
        return { isDone: false, entry: readEntry(answer.slice(1)) }
      },
    }
  }
  // What goes wrong is told as an `error`, and it tries again by itself.
  client.connect().catch(() => {})
  return {
    findRisks: async () => describeRisks(await client.info().catch(() => ''), server),
    cell,
    async list(start) {
      const names: string[] = []
      const found = client.scanStream({ match: `${prefix}${start.replaceAll(/[\\*?[\]]/g, '\\$&')}*`, count: 1000 })
      for await (const keys of found) names.push(...(keys as string[]).map(key => key.slice(prefix.length)))
      return names.toSorted()
    },
    ready: () => (client.status === 'ready' ? Promise.resolve() : door.wait()),
    wall: clock.wall,
    explain,
    async close() {
      client.disconnect()
    },
  }
}

const prefix = 'streamz:'

type Reply = readonly [string, string, ...(string | null)[]]

const readEntry = ([revision, tokens, text]: readonly (string | null)[]): KeptValue | undefined =>
  typeof revision === 'string'
    ? { revision, tokens: (tokens ?? revision).split(' '), bytes: Buffer.from(text ?? '') }
    : undefined

// Each answer begins with the time of the server. A value is a hash: `r` the token of the last write, `t` the last tokens, `v` the value.
const find = `
local t = redis.call('TIME')
local e = redis.call('HMGET', KEYS[1], 'r', 't', 'v')
if not e[1] and redis.call('EXISTS', KEYS[1]) == 1 then return redis.error_reply('WRONGTYPE no state of streamz') end`

const load = `${find}
return {t[1], t[2], e[1], e[2], e[3]}`

const look = `
local t = redis.call('TIME')
return {t[1], t[2], redis.call('HGET', KEYS[1], 'r')}`

// Whoever is refused learns in the same answer what is there.
const swap = `${find}
if (e[1] or '') ~= ARGV[1] then return {t[1], t[2], 'refused', e[1], e[2], e[3]} end
redis.call('HSET', KEYS[1], 'r', ARGV[2], 't', ARGV[3], 'v', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {t[1], t[2], 'done'}`

/** What may make the server forget a value. */
const describeRisks = (info: string, server: string): readonly string[] => {
  const read = (field: string) => new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const policy = read('maxmemory_policy')
  const evicts = policy !== undefined && policy !== 'noeviction' && read('maxmemory') !== '0'
  return [
    ...(evicts
      ? [
          `${server} may forget this state when its memory is full (maxmemory-policy ${policy}): redis-cli -u ${server} config set maxmemory-policy noeviction`,
        ]
      : []),
    ...(read('aof_enabled') === '0'
      ? [
          `${server} may forget this state when it is restarted (appendonly no): redis-cli -u ${server} config set appendonly yes`,
        ]
      : []),
  ]
}
