import type { Header } from '../../calls/http/headers.js'
import { isCredential } from '../../calls/http/secrets.js'
import { UsageError } from '../usage-error.js'
import { readSecret, refuseInside } from './secret.js'

/**
 * The header of `Name: value`. The value, or what follows a first word as in `Authorization: Bearer env:TOKEN`, may be
 * `env:NAME` or `@FILE`. An empty value leaves out a header that is otherwise sent. Throws a `UsageError`.
 */
export const parseHeader = (text: string, isLiteral = false): Header => {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(colon, 0)).trim()
  if (name === '') {
    throw new UsageError(
      `--header: ${colon === -1 ? 'there is no colon' : 'there is no name'} in what was given, expected one like 'X-Team: orders' or 'Authorization: Bearer env:TOKEN'`,
    )
  }
  const given = text.slice(colon + 1).trim()
  const [, scheme, reference] = /^([A-Za-z][\w-]* )?(env:[A-Za-z_]\w*|@[^\s@]\S*)$/.exec(given) ?? []
  if (reference !== undefined) {
    const { value } = readSecret(`--header ${name}`, reference)
    return { name, value: `${scheme ?? ''}${value}`, shown: given, literal: true }
  }
  if (!isLiteral) refuseInside(`--header ${name}`, given)
  return isCredential(name) && given !== '' ? { name, value: given, shown: '***' } : { name, value: given }
}
