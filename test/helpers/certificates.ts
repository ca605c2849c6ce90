import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** A file of test/fixtures/certificates, made by make-certificates.sh. */
export const certificate = (name: string) => resolve('test/fixtures/certificates', name)

/** A certificate with its key. */
export const pair = (name: string) => ({
  cert: readFileSync(certificate(`${name}.pem`)),
  key: readFileSync(certificate(`${name}.key`)),
})

/** The authority that has signed all but the self-signed one. */
export const authority = readFileSync(certificate('ca.pem'))
