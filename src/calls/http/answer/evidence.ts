import type { IncomingHttpHeaders } from 'node:http'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import type { FailureFacts } from '../../../core/failure.js'
import { firstText } from '../../evidence.js'
import type { HttpAnswer } from '../exchange.js'
import type { Mask } from '../mask.js'

/** What an answer that is of no use says: the beginning of its body and how the service names the request, without secrets. */
export const answerFacts = async ({ headers, body }: HttpAnswer, mask: Mask): Promise<FailureFacts> => {
  const text = mask((await unpack(body.subarray(0, maxLooked), headers['content-encoding'])).toString())
  const output = firstText(Buffer.from(text))
  const requestId = readRequestId(headers)
  return {
    ...(output === undefined ? {} : { output }),
    ...(requestId === undefined ? {} : { requestId: mask(requestId) }),
  }
}

/** Bytes of a body that are looked at: what is hidden in it is longer than what stands for it. */
const maxLooked = 64 * 1024

const names = [
  'x-request-id',
  'request-id',
  'x-amzn-requestid',
  'x-amz-request-id',
  'x-ms-request-id',
  'x-github-request-id',
  'x-correlation-id',
  'x-trace-id',
  'cf-ray',
]

const readRequestId = (headers: IncomingHttpHeaders): string | undefined => {
  for (const name of names) {
    const value = headers[name]
    if (typeof value === 'string' && value !== '') return value.slice(0, 200)
  }
  return undefined
}

/** The beginning of a body without its content encoding; nothing when it is none, or one that is not known. */
const unpack = (body: Buffer, encoding = 'identity'): Promise<Buffer> | Buffer => {
  const name = encoding.trim().toLowerCase()
  if (name === 'identity' || body.length === 0) return body
  const stream = createUnpacker(name, body)
  if (stream === undefined) return Buffer.alloc(0)
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    let length = 0
    const finish = () => {
      stream.destroy()
      resolve(Buffer.concat(chunks))
    }
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length >= maxLooked) finish()
    })
    // A body that was cut off is not an error here.
    stream.on('error', finish)
    stream.on('end', finish)
    stream.end(body)
  })
}

const createUnpacker = (name: string, body: Buffer) => {
  if (name === 'gzip' || name === 'x-gzip') return createGunzip()
  if (name === 'br') return createBrotliDecompress()
  if (name === 'deflate') return ((body[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw()
  return undefined
}
