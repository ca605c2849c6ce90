/** A schema within a schema, and where. */
export type Subschema = { readonly schema: Readonly<Record<string, unknown>>; readonly segments: readonly string[] }

/** All schemas of a document, itself first. Values of `enum`, `const`, `default` and `examples` are not schemas. */
export function* listSubschemas(schema: unknown, segments: readonly string[] = []): Generator<Subschema> {
  if (!isObject(schema)) return
  yield { schema, segments }
  for (const [keyword, value] of Object.entries(schema)) {
    const inside = [...segments, keyword]
    if (single.has(keyword)) yield* listSubschemas(value, inside)
    if ((several.has(keyword) && Array.isArray(value)) || (named.has(keyword) && isObject(value))) {
      for (const [name, one] of Object.entries(value)) yield* listSubschemas(one, [...inside, name])
    }
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const single = new Set(
  'additionalItems additionalProperties contains contentSchema else if items not propertyNames then unevaluatedItems unevaluatedProperties'.split(
    ' ',
  ),
)
const several = new Set(['allOf', 'anyOf', 'oneOf', 'items', 'prefixItems'])
const named = new Set(['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas', 'dependencies'])
