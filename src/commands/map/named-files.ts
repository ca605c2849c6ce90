import type { NamedFiles } from '../../cli/stream/check-files.js'
import type { MapFlags } from './options.js'

/** The files that a call is made of, by the flag that names them. */
export const namedFiles = ({ module, cacert, cert, key, body, header = [] }: MapFlags): NamedFiles => ({
  '--module': module,
  '--cacert': cacert,
  '--cert': cert,
  // In one file with the certificate, or in one of its own.
  '--key': key === cert ? undefined : key,
  '--body': fileOf(body ?? ''),
  ...Object.fromEntries(header.map(text => [`--header ${text.split(':')[0]}`, fileOf(text)])),
})

const fileOf = (text: string): string | undefined => /(?:^|[:\s])@(\S+)$/.exec(text)?.[1]
