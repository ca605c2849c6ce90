import type { HttpCall } from '../../../calls/http/call.js'
import type { Header } from '../../../calls/http/headers.js'
import { createMask, type Mask, secretsOfBody, secretsOfHeader, secretsOfUrl } from '../../../calls/http/mask.js'
import { prepareProxies } from '../../../calls/http/proxy.js'
import { type PreparedRequest, prepareRequest } from '../../../calls/http/request.js'
import { hideCredentials } from '../../../calls/http/secrets.js'
import { requireId } from '../../../cli/stream/raw-records.js'
import { UsageError } from '../../../cli/usage-error.js'
import { parseHeader } from '../../../cli/values/header.js'
import { readSecret, type Secret } from '../../../cli/values/secret.js'
import type { Clock } from '../../../core/clock.js'
import { hashIds } from '../../../core/envelope.js'
import type { Line } from '../../../core/lines.js'
import { readItems } from '../../../processors/map/batch-items.js'
import { concurrencyOf, isPacked, type MapFlags } from '../options.js'
import { readTls } from './http-tls.js'
import type { Mode } from './mode.js'

declare const __VERSION__: string

/** An HTTP request per record. What is wrong with it, secrets that are missing included, is found out before anything is read. */
export const httpMode = (given: string, flags: MapFlags): Mode => {
  checkFlags(flags)
  let ready: Ready | undefined
  const begin = (): Ready => {
    ready ??= readRequest(given, flags)
    return ready
  }
  let opened: HttpCall | undefined

  /** undici takes longer to load than all the rest to start: not before it is needed. */
  const open = async (clock: Clock): Promise<HttpCall> => {
    const { createHttpCall } = await import('../../../calls/http/call.js')
    const { request, tls, chooseProxy, mask } = begin()
    opened ??= createHttpCall({
      request,
      clock,
      tls,
      chooseProxy,
      connections: concurrencyOf(flags),
      connectTimeout: flags.connectTimeout ?? 10_000,
      follow: flags.follow ?? 0,
      allowHosts: flags.allowHost,
      maxResponse: flags.maxResponse,
      multi: flags.multi === true,
      raw: flags.raw === true,
      pass: flags.pass === true,
      isPacked: isPacked(flags),
      mask,
    })
    return opened
  }

  return {
    begin: () => void begin(),
    describe: line => begin().describe(line),
    create({ messages }, { clock }) {
      if (flags.insecure) {
        messages.warn(
          '--insecure: server certificates are not verified; anyone between here and the server can read and change the data',
        )
      }
      return async (line, context) => {
        const { call } = opened ?? (await open(clock))
        return call(line, context)
      }
    },
    // Loading must not be taken from the time of the first attempts.
    load: ({ clock }) => (opened === undefined ? open(clock).then(() => {}) : undefined),
    serviceOf: line => begin().request.originOf(line),
    get retries() {
      return repeatable.has(begin().request.method) ? 2 : 0
    },
    killNow: () => {},
    close: () => opened?.close(),
  }
}

type Ready = {
  readonly request: PreparedRequest
  readonly chooseProxy: ReturnType<typeof prepareProxies>
  readonly tls: ReturnType<typeof readTls>
  readonly describe: Mode['describe']
  readonly mask: Mask
}

const readRequest = (given: string, flags: MapFlags): Ready => {
  const literal = flags.literalEnv === true
  const url = readSecret('--http', given, literal)
  const headers = (flags.header ?? []).map(header => parseHeader(header, literal))
  const body = flags.body === undefined ? undefined : readSecret('--body', flags.body, literal)
  const request = refuseBad(() =>
    prepareRequest({
      url: url.value,
      shownUrl: url.shown ?? hideCredentials(given),
      headers,
      idempotencyKey: flags.idempotencyKey === true,
      multi: flags.multi === true,
      raw: flags.raw === true,
      hasSecrets:
        headers.some(({ shown }) => shown !== undefined) || body?.shown !== undefined || flags.cert !== undefined,
      userAgent: `streamz/${__VERSION__}`,
      ...(flags.method === undefined ? {} : { method: flags.method }),
      ...(flags.allowHost === undefined ? {} : { allowHosts: flags.allowHost }),
      ...(body === undefined ? {} : { body: body.value }),
    }),
  )
  const proxy = flags.proxy === undefined ? undefined : readSecret('--proxy', flags.proxy, literal)
  const chooseProxy = refuseBad(() => prepareProxies(proxy?.value, process.env))
  const describe = describeWith(request, headers, { url, body }, flags)
  const mask = createMask([
    ...secretsOfUrl(url.value, url.shown !== undefined),
    ...headers.flatMap(({ value, shown }) => (shown === undefined ? [] : secretsOfHeader(value))),
    ...(body?.shown === undefined ? [] : secretsOfBody(body.value)),
    ...[proxy?.value, ...proxyVariables.map(name => process.env[name])].flatMap(text =>
      secretsOfUrl(text ?? '', false),
    ),
  ])
  return { request, chooseProxy, tls: readTls(flags), describe, mask }
}

const proxyVariables = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']

/** Methods that may be sent again without doing it twice (RFC 9110, section 9.2.2). */
const repeatable = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])

const checkFlags = ({ idempotencyKey, id, shell }: MapFlags): void => {
  if (shell) throw new UsageError('--shell runs a script: it cannot be used with --http')
  if (idempotencyKey && id === undefined) {
    throw new UsageError(
      '--idempotency-key needs --id PATH: without it, equal lines on different days would have the same key; use a field such as --id .order_id',
    )
  }
}

type Given = { readonly url: Secret; readonly body: Secret | undefined }

/** The request as JSON, for `--dry-run`, without secrets. */
const describeWith = (
  request: PreparedRequest,
  headers: readonly Header[],
  { url, body }: Given,
  flags: MapFlags,
): Mode['describe'] => {
  const read = flags.idempotencyKey && flags.id !== undefined ? requireId(flags.id) : () => ''
  const id = flags.batch ? (line: Line) => hashIds(readItems(line).map(read)) : read
  const shown = new Map(headers.map(({ name, shown }) => [name.toLowerCase(), shown]))
  return line => {
    const {
      origin,
      path,
      method,
      headers: sent,
      body: bytes,
    } = request.fill(line, {
      get id() {
        return id(line)
      },
    })
    const names = sent.filter((_, index) => index % 2 === 0)
    return {
      method,
      url: url.shown ?? `${origin}${path}`,
      headers: Object.fromEntries(
        names.map((name, index) => {
          // One that was not given stands for the user and password of the URL.
          const hidden = name === 'authorization' && !shown.has(name) ? '***' : shown.get(name.toLowerCase())
          return [name, hidden ?? sent[2 * index + 1]]
        }),
      ),
      body: body?.shown ?? bytes?.toString() ?? null,
    }
  }
}

const refuseBad = <T>(prepare: () => T): T => {
  try {
    return prepare()
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message)
    throw error
  }
}
