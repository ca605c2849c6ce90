import type { Ajv as AnyAjv, Options, ValidateFunction } from 'ajv'
import { nearest } from '../../../cli/help/nearest.js'
import { UsageError } from '../../../cli/usage-error.js'
import { Mistake } from '../../../core/expressions/mistake.js'
import { compilePattern } from '../../../core/expressions/pattern.js'
import { checkPattern } from '../../../core/expressions/read-pattern.js'
import type { Violation } from '../../../processors/check/rule.js'
import { readDocument, type SchemaDocument, schemaError } from './document.js'
import { openFolder } from './folder.js'
import { describeErrors } from './violations.js'
import { listSubschemas } from './walk.js'

export type LoadedSchema = {
  validate(value: unknown): readonly Violation[]
  /** What is probably a mistake in it. */
  readonly warnings: readonly string[]
}

/** Reads a JSON Schema and what it refers to in its folder, and makes a function of it. Throws a `UsageError` with the place of what is wrong. */
export const loadSchema = async (path: string, allErrors: boolean): Promise<LoadedSchema> => {
  const root = readDocument(path)
  const folder = openFolder(path)
  const dialect = dialectOf(root) ?? '2020-12'
  const ajv = await createAjv(dialect, allErrors)
  const documents: SchemaDocument[] = []
  const warnings: string[] = []

  const add = (document: SchemaDocument, address: string): void => {
    const other = dialectOf(document) ?? dialect
    if (other !== dialect) {
      throw schemaError(
        document,
        ['$schema'],
        `it is for ${other}, and ${root.name}, which refers to it, for ${dialect}`,
      )
    }
    checkDocument(ajv, document)
    warnings.push(...listTypos(ajv, document))
    const schema = document.schema
    const id = typeof schema === 'object' && schema !== null && '$id' in schema ? schema.$id : undefined
    const own = typeof id === 'string' ? new URL(id, address).href.replace(/#$/, '') : address
    folder.know(own, document.name)
    folder.know(address, document.name)
    documents.push(document)
    try {
      ajv.addSchema(typeof id === 'string' ? { ...(schema as object), $id: own } : (schema as boolean), address)
    } catch (error) {
      throw schemaError(document, [], messageOf(error))
    }
  }

  const address = folder.addressOf(path)
  add(root, address)
  const check = compile(ajv, address, documents, missing => {
    const file = folder.find(missing)
    if (file === undefined) return false
    add(readDocument(file), missing)
    return true
  })
  return {
    validate: value => (check(value) ? none : describeErrors(value, check.errors ?? [], allErrors)),
    warnings: [...new Set(warnings)],
  }
}

const none: readonly Violation[] = []

type Dialect = '2020-12' | 'draft-07'

/** What `$schema` says; undefined when it says nothing. */
const dialectOf = (document: SchemaDocument): Dialect | undefined => {
  const { schema } = document
  if (typeof schema === 'boolean') return undefined
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw schemaError(document, [], 'a schema is an object, true or false')
  }
  if (!('$schema' in schema)) return undefined
  const uri = String(schema.$schema).replace(/#$/, '')
  if (/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema$/.test(uri)) return '2020-12'
  if (/^https?:\/\/json-schema\.org\/draft-07\/schema$/.test(uri)) return 'draft-07'
  const known = 'https://json-schema.org/draft/2020-12/schema or http://json-schema.org/draft-07/schema#'
  throw schemaError(document, ['$schema'], `${JSON.stringify(schema.$schema)} is not known; give ${known}`)
}

/** ajv is loaded here and nowhere else: most runs have no schema. */
const createAjv = async (dialect: Dialect, allErrors: boolean): Promise<AnyAjv> => {
  const options: Options = {
    allErrors,
    // Unknown formats are errors. Unknown keywords are none, says JSON Schema; see `listTypos`.
    strict: false,
    strictSchema: 'log',
    logger: { log() {}, warn() {}, error() {} },
    ownProperties: true,
    // It has been done, with places.
    validateSchema: false,
    code: { regExp: Object.assign((source: string) => compilePattern(source), { code: 'compilePattern' }) },
  }
  const { default: formats } = await import('ajv-formats')
  const created =
    dialect === '2020-12'
      ? new (await import('ajv/dist/2020.js')).Ajv2020(options)
      : new (await import('ajv')).Ajv(options)
  return formats.default(created as never) as unknown as AnyAjv
}

/** Everything that can be told with its place. */
const checkDocument = (ajv: AnyAjv, document: SchemaDocument): void => {
  for (const { schema, segments } of listSubschemas(document.schema)) {
    const at = (...more: readonly string[]) => [...segments, ...more]
    if (typeof schema.pattern === 'string') refusePattern(document, at('pattern'), schema.pattern)
    for (const source of Object.keys(schema.patternProperties ?? {})) {
      refusePattern(document, at('patternProperties', source), source)
    }
    const { format } = schema
    if (typeof format === 'string' && ajv.formats[format] === undefined) {
      const meant = nearest(format, Object.keys(ajv.formats))
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`
      const known = Object.keys(ajv.formats).sort().join(', ')
      throw schemaError(
        document,
        at('format'),
        `the format ${JSON.stringify(format)} is not known${hint}; known: ${known}`,
      )
    }
    if (schema.$async !== undefined) throw schemaError(document, at('$async'), 'asynchronous schemas are not supported')
  }
  if (ajv.validateSchema(document.schema as object)) return
  const [error] = ajv.errors ?? []
  if (error === undefined) return
  const [told] = describeErrors(document.schema, [error], true)
  const segments = error.instancePath.split('/').slice(1)
  throw schemaError(
    document,
    segments.map(segment => segment.replaceAll('~1', '/').replaceAll('~0', '~')),
    `it is no valid schema: ${told?.message}`,
  )
}

const refusePattern = (document: SchemaDocument, segments: readonly string[], source: string): void => {
  try {
    checkPattern(source, 0, source)
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    throw schemaError(document, segments, error.message.replace(/; did you mean && .*$/s, ''))
  }
}

/** Keywords that are not known, but nearly. */
const listTypos = (ajv: AnyAjv, document: SchemaDocument): string[] => {
  const known = Object.keys(ajv.RULES.all).concat(Object.keys(ajv.RULES.keywords))
  const found: string[] = []
  for (const { schema, segments } of listSubschemas(document.schema)) {
    for (const keyword of Object.keys(schema)) {
      if (known.includes(keyword) || keyword.startsWith('x-')) continue
      const meant = nearest(keyword, known)
      if (meant === undefined) continue
      found.push(
        schemaError(document, [...segments, keyword], `${keyword} is no keyword; did you mean ${meant}?`).message,
      )
    }
  }
  return found
}

/** Compiles it, with what is missing, until nothing is. `load` says whether there is such a file. */
const compile = (
  ajv: AnyAjv,
  address: string,
  documents: readonly SchemaDocument[],
  load: (missing: string) => boolean,
): ValidateFunction => {
  const loaded = new Set<string>()
  for (;;) {
    try {
      const check = ajv.getSchema(address)
      if (check !== undefined) return check as ValidateFunction
      throw new Error('it cannot be compiled')
    } catch (error) {
      const { missingRef, missingSchema } = error as { missingRef?: string; missingSchema?: string }
      if (missingSchema === undefined || missingRef === undefined) throw compileError(documents, error)
      if (!loaded.has(missingSchema) && missingSchema !== '' && load(missingSchema)) {
        loaded.add(missingSchema)
        continue
      }
      throw missingError(documents, missingRef, loaded.has(missingSchema))
    }
  }
}

const missingError = (documents: readonly SchemaDocument[], missing: string, isThere: boolean): UsageError => {
  for (const document of documents) {
    for (const { schema, segments } of listSubschemas(document.schema)) {
      for (const keyword of ['$ref', '$dynamicRef', '$recursiveRef']) {
        const text = schema[keyword]
        if (typeof text !== 'string' || !isSameReference(text, missing)) continue
        const shown = JSON.stringify(text)
        const problem =
          isThere || text.startsWith('#')
            ? `there is nothing at ${shown}`
            : `${shown} is not in the folder of the schema, and nothing is fetched from elsewhere: put the file there`
        return schemaError(document, [...segments, keyword], problem)
      }
    }
  }
  return new UsageError(`--schema: ${documents[0]?.name}: there is nothing at ${JSON.stringify(missing)}`)
}

/** Whether a reference, as it is written, may have become this address. */
const isSameReference = (text: string, address: string): boolean => {
  const tail = text.replace(/^(?:\.{1,2}\/)+/, '').replace(/^\//, '')
  return address === text || address.endsWith(tail) || decodeURIComponent(address).endsWith(tail)
}

const compileError = (documents: readonly SchemaDocument[], error: unknown): UsageError => {
  if (error instanceof UsageError) return error
  return new UsageError(`--schema: ${documents[0]?.name}: ${messageOf(error)}`)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
