import { createServer } from 'node:http'

/**
 * The service that the recipes call, at `$API`: `/score` scores a record and turns away every third request once, `/bulk` loads
 * items and refuses refunds, `/model` answers prompts and is down for the one that says so, `/limited` has a limit and says what
 * a call has cost, `/quota` is used up for a second, `/tomorrow` for a day.
 */
export const serveExampleApi = async (): Promise<{ origin: string; close(): void }> => {
  let requests = 0
  let limited = 0
  let until: number | undefined
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const record = JSON.parse(Buffer.concat(chunks).toString() || 'null')
    const answer = (status: number, body: unknown, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    requests++
    switch (request.url) {
      case '/score':
        if (requests % 3 === 0) return answer(503, { error: 'busy' })
        return answer(200, { id: record.id, score: String(record.user).length })
      case '/bulk':
        return answer(
          200,
          record.map((item: { id: number; kind: string }) =>
            item.kind === 'refund' ? { error: { status: 422, message: 'no refunds' } } : { loaded: item.id },
          ),
        )
      case '/model':
        if (request.headers.authorization !== 'Bearer secret') return answer(401, {})
        return record.prompt.startsWith('Sum') ? answer(500, {}) : answer(200, { id: record.id, answer: 'done' })
      case '/limited':
        if (limited++ === 0)
          return answer(429, {}, { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '120ms' })
        return answer(200, { id: record.id, usage: { total_tokens: record.tokens / 2 } })
      case '/quota':
        until ??= Date.now() + 1000
        if (Date.now() < until) {
          return answer(403, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(until / 1000)) })
        }
        return answer(200, { ok: record.id })
      case '/tomorrow':
        return answer(403, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '86400' })
      default:
        return answer(404, {})
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
