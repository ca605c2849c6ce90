import type { ErrorObject } from 'ajv'
import { describeType, type JsonType } from '../../../processors/check/json-type.js'
import type { Violation } from '../../../processors/check/rule.js'

/** What ajv found in a value, in our words. Without `all` one thing, the one that is most to the point. */
export const describeErrors = (value: unknown, errors: readonly ErrorObject[], all: boolean): readonly Violation[] => {
  if (all) return errors.map(error => describe(value, error))
  // Of several alternatives none fits: what is wrong with one of them need not be what was meant.
  const alternatives = errors.findLast(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')
  const told = alternatives ?? errors[0]
  return told === undefined ? [] : [describe(value, told)]
}

const describe = (value: unknown, error: ErrorObject): Violation => {
  const { instancePath, keyword, params, message = 'is not valid' } = error
  const segments = instancePath.split('/').slice(1).map(decodePointer)
  const at = (...more: readonly string[]) => writePath(value, [...segments, ...more])
  if (keyword === 'required' || keyword === 'dependencies' || keyword === 'dependentRequired') {
    const path = at(String(params.missingProperty))
    return { path, type: 'missing', message: `${path} is missing` }
  }
  const extra = params.additionalProperty ?? params.unevaluatedProperty
  if (extra !== undefined) {
    const path = at(String(extra))
    const type = typeOf(find(value, [...segments, String(extra)]))
    return { path, type, message: `${path} (${describeType(type)}) is not allowed` }
  }
  const path = at()
  const type = typeOf(find(value, segments))
  if (keyword === 'type') {
    const wanted = [params.type]
      .flat()
      .map(one => describeType(one as JsonType))
      .join(' or ')
    return { path, type, message: `${path} is ${describeType(type)}, expected ${wanted}` }
  }
  return { path, type, message: `${path} (${describeType(type)}) ${message}${describeAllowed(keyword, params)}` }
}

const describeAllowed = (keyword: string, params: Readonly<Record<string, unknown>>): string => {
  const allowed = keyword === 'enum' ? params.allowedValues : keyword === 'const' ? [params.allowedValue] : undefined
  if (!Array.isArray(allowed)) return ''
  const list = allowed.map(one => JSON.stringify(one)).join(', ')
  return `: ${list.length > 100 ? `${list.slice(0, 100)}…` : list}`
}

/** A part of a JSON pointer as the key that it means. */
export const decodePointer = (text: string): string => text.replaceAll('~1', '/').replaceAll('~0', '~')

const find = (value: unknown, segments: readonly string[]): unknown =>
  segments.reduce((one, segment) => (one as Readonly<Record<string, unknown>> | undefined)?.[segment], value)

/** `.items[0].sku`, `."odd key"`; a key of a record may have any length. */
const writePath = (value: unknown, segments: readonly string[]): string => {
  let text = ''
  let inside = value
  for (const segment of segments) {
    const key = segment.length > longestKey ? `${segment.slice(0, longestKey)}…` : segment
    text += Array.isArray(inside) ? `[${segment}]` : /^[\w$-]+$/.test(key) ? `.${key}` : `.${JSON.stringify(key)}`
    inside = (inside as Readonly<Record<string, unknown>> | undefined)?.[segment]
  }
  return text === '' ? '.' : text.length > longestPath ? `${text.slice(0, longestPath)}…` : text
}

const longestKey = 100
const longestPath = 300

const typeOf = (value: unknown): Violation['type'] => {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value as JsonType
}
