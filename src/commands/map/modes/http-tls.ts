import type { PoolOptions } from '../../../calls/http/pools.js'
import { UsageError } from '../../../cli/usage-error.js'
import { readText } from '../../../cli/values/secret.js'
import type { MapFlags } from '../options.js'

/** What the flags say about TLS. Throws a `UsageError` for files that cannot be used. */
export const readTls = ({ cacert, cert, key, insecure }: MapFlags): PoolOptions['tls'] => {
  if (key !== undefined && cert === undefined) {
    throw new UsageError('--key needs --cert FILE, the certificate it belongs to')
  }
  if (insecure && cacert !== undefined) {
    throw new UsageError('--insecure turns verification off, so --cacert has no effect; use only one of them')
  }
  return {
    // Said in so many words, or NODE_TLS_REJECT_UNAUTHORIZED would decide.
    rejectUnauthorized: insecure !== true,
    ...(cacert === undefined ? {} : { ca: check('--cacert', { ca: readCertificate('--cacert', cacert) }).ca }),
    ...(cert === undefined ? {} : readPair(cert, key)),
  }
}

const readPair = (cert: string, key: string | undefined) => {
  const certificate = readCertificate('--cert', cert)
  const pair = { cert: certificate, key: key === undefined ? certificate : readText('--key', key) }
  if (!privateKey.test(pair.key)) {
    const help = key === undefined ? '; --key FILE names one' : ''
    throw new UsageError(`${key === undefined ? '--cert' : '--key'}: ${key ?? cert} has no PEM private key${help}`)
  }
  return check('--cert and --key', pair)
}

const readCertificate = (flag: string, file: string): string => {
  const text = readText(flag, file)
  if (/^-----BEGIN ([A-Z0-9]+ )?CERTIFICATE-----/m.test(text)) return text
  throw new UsageError(
    `${flag}: ${file} has no PEM certificate, expected one that begins with -----BEGIN CERTIFICATE-----`,
  )
}

const privateKey = /^-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----/m

type Pem = { readonly ca?: string; readonly cert?: string; readonly key?: string }

/** Found out now, or each record would fail for it. */
const check = <T extends Pem>(flags: string, pem: T): T => {
  try {
    process.getBuiltinModule('node:tls').createSecureContext(pem)
    return pem
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    const expected = pem.ca === undefined ? 'a certificate and its own key' : 'certificates of authorities'
    throw new UsageError(
      `${flags} cannot be used${pem.ca === undefined ? ' together' : ''} (${code}), expected ${expected}`,
    )
  }
}
