import { systemCode } from '../../core/io/system-error.js'
import { StoreError } from '../store-error.js'
import { explainAnswer, explainConnection, type KnownAnswer } from './explain-connection.js'

/** Any error of a question to Redis as one that says what to do; `trouble` is what its connection said last. */
export const explainRedis = (error: unknown, trouble: unknown, server: string): StoreError => {
  if (error instanceof StoreError) return error
  const text = error instanceof Error ? error.message : String(error)
  const known = explainAnswer(answers, text, { server, cause: error })
  if (known !== undefined) return known
  if (error instanceof Error && error.name === 'ReplyError')
    return new StoreError('unwritable', `${server} answers: ${text.slice(0, 200)}`, { cause: error })
  return explainConnection(systemCode(error) === '' ? (trouble ?? error) : error, server)
}

const answers: readonly KnownAnswer[] = [
  {
    pattern: /^NOAUTH/,
    code: 'refused',
    says: 'asks for a password; give it as in: --state-auth env:REDIS_PASSWORD',
  },
  {
    pattern: /^WRONGPASS|invalid (username-password|password)/,
    code: 'refused',
    says: 'refuses the password; look at the user in the URL and at --state-auth',
  },
  {
    pattern: /AUTH .*without any password configured/,
    code: 'refused',
    says: 'has no password, but one was given; leave out --state-auth',
  },
  {
    pattern: /^NOPERM/,
    code: 'refused',
    says: 'does not permit this user what a state needs: the keys streamz:* and the commands EVAL, TIME, HMGET, HGET, HSET, EXISTS and PEXPIRE',
  },
  {
    pattern: /^(ERR )?OOM /,
    code: 'exhausted',
    says: 'has no memory left (maxmemory); free some of it, or raise it: redis-cli config set maxmemory',
  },
  { pattern: /^READONLY/, code: 'unwritable', says: 'is a replica and cannot be written to; use the primary server' },
  { pattern: /^MISCONF/, code: 'unwritable', says: 'cannot save its data and takes no writes; its log says why' },
  { pattern: /^(MOVED|ASK|CROSSSLOT)/, code: 'refused', says: 'is part of a cluster; use a server that is not' },
  { pattern: /^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|NOREPLICAS)/, code: 'unreachable', says: 'is not ready' },
  {
    pattern: /^WRONGTYPE|WRONGTYPE /,
    code: 'foreign',
    says: 'holds something else under this name; use another name, or remove it from the server',
  },
  {
    pattern: /DB index is out of range/,
    code: 'refused',
    says: 'has no database of this number; use another one, or leave it out',
  },
]
