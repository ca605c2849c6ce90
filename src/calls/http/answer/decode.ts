import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import { Failure } from '../../../core/failure.js'

/**
 * Decodes the body of a response (gzip, deflate, br) up to `maxResponse` bytes: a small compressed body may expand to a huge
 * one. Throws a `Failure` of kind `output_too_large` or `output_parse`.
 */
export const decodeBody = async (body: Buffer, encoding: string, maxResponse: number): Promise<Buffer> => {
  let decoded = body
  const names = encoding
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
  for (const name of names.reverse()) {
    if (name === '' || name === 'identity' || decoded.length === 0) continue
    decoded = await decode(decoded, name, maxResponse)
  }
  return decoded
}

const decode = async (body: Buffer, name: string, maxOutputLength: number): Promise<Buffer> => {
  const decompress = find(name, body)
  try {
    return await decompress(body, { maxOutputLength })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_BUFFER_TOO_LARGE') throw bodyTooLarge(maxOutputLength)
    throw new Failure('output_parse', 'permanent', `Answer is not valid ${name}, or is cut off (${code})`)
  }
}

const find = (name: string, body: Buffer) => {
  if (name === 'gzip' || name === 'x-gzip') return promisify(gunzip)
  if (name === 'br') return promisify(brotliDecompress)
  // Some servers send deflate without its zlib wrapper.
  if (name === 'deflate') return ((body[0] ?? 0) & 0x0f) === 8 ? promisify(inflate) : promisify(inflateRaw)
  throw new Failure('output_parse', 'permanent', 'Answer is in a content encoding that was not asked for')
}

export const bodyTooLarge = (maxResponse: number): Failure =>
  new Failure(
    'output_too_large',
    'permanent',
    `Answer is longer than ${maxResponse} bytes; --max-response sets the limit`,
  )
