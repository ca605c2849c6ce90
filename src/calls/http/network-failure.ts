import { Failure } from '../../core/failure.js'
import { isOwnLackCode } from '../../core/rules/classes.js'

/** Why a request got no answer, from the error of the network, TLS or undici. Nothing of the request is in the message. */
export const networkFailure = (error: Error, origin: string, isProxy = false): Failure => {
  if (error instanceof Failure) return error
  const code = readCode(error)
  const host = `${isProxy ? 'the proxy ' : ''}${new URL(origin).host}`
  const certificate = certificates[code] ?? (code.startsWith('CERT_') ? 'is not accepted' : undefined)
  if (certificate !== undefined) {
    const help = '--cacert FILE names an authority to trust, --insecure turns verification off'
    return new Failure('network', 'permanent', `Certificate of ${host} ${certificate} (${code}); ${help}`)
  }
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|ALERT_BAD_CERTIFICATE/.test(code)) {
    const help = '--cert FILE and --key FILE give a certificate'
    return new Failure('network', 'permanent', `${host} refuses the TLS handshake (${code}); ${help}`)
  }
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') {
    return new Failure(
      'network',
      'permanent',
      `No TLS connection to ${host} (${code}), expected a server that speaks TLS`,
    )
  }
  if (isOwnLackCode(code)) {
    const message = `This machine is out of file descriptors, ports or memory for a connection to ${host} (${code})`
    return new Failure('network', 'transient', message, { ownLack: true })
  }
  const known = words[code]
  if (known !== undefined)
    return new Failure('network', 'transient', capitalise(`${known.replace('HOST', host)} (${code})`))
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_INVALID') {
    return new Failure('network', 'permanent', `${host} does not answer in HTTP/1.1 (${code})`)
  }
  return new Failure('network', 'transient', `No answer from ${host} (${code})`)
}

const capitalise = (text: string) => (text.startsWith('the ') ? `T${text.slice(1)}` : text)

const readCode = (error: Error): string => {
  // undici's parser errors carry no code that can be relied on.
  if (error.name === 'HTTPParserError') return error.message.includes('EOF') ? 'HPE_INVALID_EOF_STATE' : 'HPE_INVALID'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.cause instanceof Error ? readCode(error.cause) : error.name
}

// The names OpenSSL and Node give, see X509_verify_cert_error_string(3).
const certificates: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'is signed by an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is signed by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'is signed by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is signed by an unknown authority',
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  CERT_REVOKED: 'is revoked',
  CERT_UNTRUSTED: 'is not trusted',
  HOSTNAME_MISMATCH: 'is for another host',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another host',
  INVALID_CA: 'is signed by a certificate that is not an authority',
  INVALID_PURPOSE: 'is not a server certificate',
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'HOST refuses connections',
  ECONNRESET: 'HOST ended the connection before the answer was whole',
  EPIPE: 'HOST ended the connection before the answer was whole',
  UND_ERR_SOCKET: 'HOST ended the connection before the answer was whole',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'HOST ended the connection before the answer was whole',
  HPE_INVALID_EOF_STATE: 'HOST ended the connection before the answer was whole',
  ETIMEDOUT: 'HOST cannot be reached',
  EHOSTUNREACH: 'HOST cannot be reached',
  ENETUNREACH: 'HOST cannot be reached',
  ENOTFOUND: 'No address is known for HOST',
  EAI_AGAIN: 'No address is known for HOST at the moment',
}
