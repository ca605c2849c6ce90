import type { Option } from 'commander'
import { asSecret, option } from '../option.js'

/** How a server that keeps a state is talked to. */
export type ServerFlags = {
  readonly stateAuth?: string
  readonly stateCacert?: string
  readonly stateCreds?: string
}

const group = 'State on a server'

export const listServerOptions = (): readonly Option[] => [
  asSecret(option(group, '--state-auth <password>', 'password of the server of a state: env:NAME or @FILE')),
  option(group, '--state-cacert <file>', 'trust only certificates that these vouch for (PEM)'),
  option(group, '--state-creds <file>', 'credentials file of a NATS user'),
]
