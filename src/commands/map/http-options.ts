import type { Option } from 'commander'
import { asSecret, option } from '../../cli/option.js'
import { anyText } from '../../cli/values/any-text.js'
import { duration } from '../../cli/values/duration.js'
import { repeated, valueParser } from '../../cli/values/value-parser.js'
import { wholeNumber } from '../../cli/values/whole-number.js'

/** The options of `--http`. Durations in milliseconds; texts as they were given, secrets not yet read. */
export type HttpFlags = {
  readonly http?: string
  readonly method?: string
  readonly header?: readonly string[]
  readonly body?: string
  readonly follow?: number
  readonly allowHost?: readonly string[]
  readonly idempotencyKey?: true
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
  readonly insecure?: true
  readonly proxy?: string
  readonly connectTimeout?: number
  readonly literalEnv?: true
}

/** Those that mean nothing without `--http`. */
export const httpFlags = [
  'method',
  'header',
  'body',
  'follow',
  'allowHost',
  'idempotencyKey',
  'cacert',
  'cert',
  'key',
  'insecure',
  'proxy',
  'connectTimeout',
  'literalEnv',
] as const satisfies readonly (keyof HttpFlags)[]

const group = 'HTTP'

export const listHttpOptions = (): readonly Option[] => [
  asSecret(option(group, '--http <url>', 'send a request instead of running COMMAND; {.path} becomes that field')),
  option(group, '-X, --method <name>', 'POST with a body, else GET', method),
  asSecret(
    option(
      group,
      '-H, --header <line>',
      "'Name: value', repeatable; the value may be env:NAME or @FILE",
      repeated(header),
    ),
  ),
  asSecret(option(group, '-d, --body <text>', "request body, may contain {.path}; '' for none (the record)", anyText)),
  option(group, '-L, --follow <n>', 'maximum number of redirects to follow (0)', wholeNumber(0, 50)),
  option(group, '--allow-host <list>', 'comma-separated hosts that a record may choose', hosts),
  option(group, '--idempotency-key', 'send the id as Idempotency-Key, the same for each attempt; needs --id'),
  option(group, '--cacert <file>', 'trust these authorities (PEM) and no others'),
  option(group, '--cert <file>', 'client certificate (PEM)'),
  option(group, '--key <file>', 'private key of the certificate (PEM), if not in the same file'),
  option(group, '--insecure', "do not verify the server's certificate"),
  asSecret(option(group, '--proxy <url>', 'use this proxy (HTTP_PROXY, HTTPS_PROXY, NO_PROXY)')),
  option(group, '--literal-env', 'send env:NAME inside other text literally'),
  option(group, '--connect-timeout <duration>', 'time allowed to connect, 0: no limit (10s)', duration),
]

const header = valueParser({ wanted: 'a name, a colon and a value', example: "'X-Team: orders'" }, text => text)

const method = valueParser({ wanted: 'the name of a method', example: 'PUT' }, text => text.toUpperCase())

const hosts = valueParser({ wanted: 'names of hosts', example: 'api.example.com,*.example.com:8443' }, text =>
  text.split(',').map(entry => {
    const host = entry.trim()
    if (!/^(https?:\/\/)?(\*\.)?(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?$/i.test(host)) {
      throw new RangeError(
        `${JSON.stringify(entry)} is not a host; expected names such as api.example.com,*.example.com:8443`,
      )
    }
    return host
  }),
)
