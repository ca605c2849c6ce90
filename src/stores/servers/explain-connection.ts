import { systemCode } from '../../core/io/system-error.js'
import { StoreError, type StoreErrorCode } from '../store-error.js'

/** What a server may answer, by its text, and what that comes to. */
export type KnownAnswer = { readonly pattern: RegExp; readonly code: StoreErrorCode; readonly says: string }

/** An error that the server answered with, as one that says what to do; undefined for others than these. */
export const explainAnswer = (
  answers: readonly KnownAnswer[],
  text: string,
  { server, cause }: { readonly server: string; readonly cause: unknown },
): StoreError | undefined => {
  const known = answers.find(({ pattern }) => pattern.test(text))
  return known && new StoreError(known.code, `${server} ${known.says}`, { cause })
}

/** What went wrong with a connection to a server, as an error that says what to do. */
export const explainConnection = (error: unknown, server: string): StoreError => {
  if (error instanceof StoreError) return error
  const code = systemCode(error)
  const text = error instanceof Error ? error.message : String(error)
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(code))
    return new StoreError(
      'refused',
      `${server} has a certificate that is not trusted (${code}); name the one to trust, as in: --state-cacert ca.pem`,
      { cause: error },
    )
  if (code === 'EPROTO' || /^ERR_SSL|wrong version number/.test(code + text))
    return new StoreError('refused', `${server} does not speak TLS here; use another port, or a URL without TLS`, {
      cause: error,
    })
  const why = code === '' ? '' : ` (${code})`
  return new StoreError('unreachable', `${server} does not answer${why}; start it, or look at the URL`, {
    cause: error,
  })
}
