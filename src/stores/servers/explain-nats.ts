import { systemCode } from '../../core/io/system-error.js'
import { StoreError } from '../store-error.js'
import { explainAnswer, explainConnection, type KnownAnswer } from './explain-connection.js'

/** Any error of a question to NATS as one that says what to do; `trouble` is what its connection said last. */
export const explainNats = (error: unknown, trouble: unknown, server: string): StoreError => {
  if (error instanceof StoreError) return error
  const cause = findCause(error)
  const text = `${nameOf(error)} ${cause === error ? '' : nameOf(cause)}`
  const known = explainAnswer(answers, text, { server, cause: error })
  if (known !== undefined) return known
  if (nameOf(error).startsWith('JetStreamApiError'))
    return new StoreError('unwritable', `${server} answers: ${text.slice(0, 200)}`, { cause: error })
  return explainConnection(systemCode(cause) === '' ? (trouble ?? cause) : cause, server)
}

/** The innermost error: what the system said. */
const findCause = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? findCause(error.cause) : error

const nameOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

const answers: readonly KnownAnswer[] = [
  {
    pattern: /AuthenticationExpired/i,
    code: 'refused',
    says: 'says that the credentials have expired; name newer ones with --state-creds',
  },
  {
    pattern: /AuthorizationError/i,
    code: 'refused',
    says: 'refuses the user or the password; look at the user in the URL, --state-auth and --state-creds',
  },
  {
    pattern: /PermissionViolation/i,
    code: 'refused',
    says: 'does not permit this user what a state needs: JetStream and the subjects of its bucket',
  },
  {
    pattern: /JetStreamNotEnabled|jetstream.*not enabled/i,
    code: 'refused',
    says: 'has no JetStream; start it with -js',
  },
  {
    pattern: /insufficient (storage|memory|resources)|maximum bytes|resource limits exceeded|no space/i,
    code: 'exhausted',
    says: 'has no room left for JetStream; free some of it, or raise its limits',
  },
  {
    pattern: /wrong last sequence/i,
    code: 'busy',
    says: 'had another value meanwhile; try again later',
  },
]
