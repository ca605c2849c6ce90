import { Failure, type FailureClass } from '../../core/failure.js'

/**
 * A line by which a worker refuses one record and lives on: `{"$streamz":"reject","message":…,"class":…}`, with
 * `retry_after_ms` when it says when to come back; undefined for any other line.
 */
export const readRefusal = (bytes: Buffer): Failure | undefined => {
  if (!bytes.includes('"$streamz"')) return undefined
  const said = parse(bytes)
  if (said?.$streamz !== 'reject') return undefined
  const failureClass = classes.find(known => known === said.class) ?? 'permanent'
  const later = said.retry_after_ms
  const retryAfter = typeof later === 'number' && later >= 0 ? { retryAfter: later } : {}
  // Its words may hold a part of the record.
  const words = typeof said.message === 'string' && said.message !== '' ? { stderr: said.message.slice(0, 4096) } : {}
  return new Failure('script', failureClass, 'Worker refused the record', { ...retryAfter, ...words })
}

// Not `fatal`: one record must not end the run.
const classes: readonly FailureClass[] = ['transient', 'throttled', 'permanent', 'input']

const parse = (bytes: Buffer): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
