import { createServer } from 'node:http'

/**
 * The service that the recipes call, at `$API`: `/score` scores a record and turns away every third request once, `/bulk` loads
 * items and refuses refunds, `/model` answers prompts and is down for the one that says so.
 */
export const serveExampleApi = async (): Promise<{ origin: string; close(): void }> => {
  let requests = 0
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
