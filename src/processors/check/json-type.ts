/** The types of JSON Schema. */
export const jsonTypes = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] as const

export type JsonType = (typeof jsonTypes)[number]

/** The type of a good value, by its first byte; numbers are `number`. */
export const typeAt = (bytes: Buffer, start: number): JsonType => byFirst[bytes[start] as number] as JsonType

/** With its article: `a string`. */
export const describeType = (type: JsonType | 'missing'): string =>
  type === 'null' || type === 'missing' ? type : `${/^[aio]/.test(type) ? 'an' : 'a'} ${type}`

/** Several of them: `a string, an object or null`. */
export const describeTypes = (types: readonly JsonType[]): string => {
  const words = types.map(describeType)
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

const byFirst: readonly JsonType[] = Array.from({ length: 256 }, (_, byte) => {
  const first = String.fromCharCode(byte)
  if (first === '"') return 'string'
  if (first === '{') return 'object'
  if (first === '[') return 'array'
  if (first === 'n') return 'null'
  return first === 't' || first === 'f' ? 'boolean' : 'number'
})
