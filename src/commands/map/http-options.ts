import type { Command } from 'commander'
import { anyText, option } from '../../cli/definition.js'
import { duration } from '../../cli/values/duration.js'
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
] as const satisfies readonly (keyof HttpFlags)[]

const group = 'HTTP'

export const addHttpOptions = (command: Command): Command =>
  command
    .addOption(option(group, '--http <url>', 'send a request instead of running COMMAND; {.path} becomes that field'))
    .addOption(option(group, '-X, --method <name>', 'POST with a body, else GET', text => text.toUpperCase()))
    .addOption(
      option(
        group,
        '-H, --header <line>',
        "'Name: value', may be given several times; value: env:NAME, @FILE",
      ).argParser((text: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), text]),
    )
    .addOption(option(group, '-d, --body <text>', "the body, with {.path}s; '' for none (the record)", anyText))
    .addOption(option(group, '-L, --follow <n>', 'follow so many redirects (0)', wholeNumber(0, 50)))
    .addOption(option(group, '--allow-host <list>', 'hosts a record may choose, with commas between', hosts))
    .addOption(option(group, '--idempotency-key', 'send the id as Idempotency-Key, the same for each try; needs --id'))
    .addOption(option(group, '--cacert <file>', 'trust these authorities (PEM) and no others'))
    .addOption(option(group, '--cert <file>', 'our own certificate (PEM)'))
    .addOption(option(group, '--key <file>', 'its private key (PEM), when it is not in the same file'))
    .addOption(option(group, '--insecure', 'do not check who answers: anybody may'))
    .addOption(option(group, '--proxy <url>', 'go through this proxy (HTTP_PROXY, HTTPS_PROXY, NO_PROXY)'))
    .addOption(option(group, '--connect-timeout <duration>', 'for a connection to stand, 0 for never (10s)', duration))

const hosts = (text: string): readonly string[] =>
  text.split(',').map(entry => {
    const host = entry.trim()
    if (!/^(\*\.)?(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?$/i.test(host)) {
      throw new RangeError(`${JSON.stringify(entry)} is not a host; give names, as api.example.com,*.example.com:8443`)
    }
    return host
  })
