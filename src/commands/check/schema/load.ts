import { existsSync } from 'node:fs'
import type { Ajv as AnyAjv, Options, ValidateFunction } from 'ajv'
import { nearest } from '../../../cli/help/nearest.js'
import { UsageError } from '../../../cli/usage-error.js'
import { Mistake } from '../../../core/expressions/mistake.js'
import { compilePattern } from '../../../core/expressions/pattern.js'
import { checkPattern } from '../../../core/expressions/read-pattern.js'
import type { Violation } from '../../../processors/check/rule.js'
import { readDocument, type SchemaDocument, schemaError } from './document.js'
import { openFolder } from './folder.js'
import { decodePointer, describeErrors } from './violations.js'
import { listSubschemas } from './walk.js'

export type LoadedSchema = {
  validate(value: unknown): readonly Violation[]
  /** Probable mistakes in it. */
  readonly warnings: readonly string[]
}

/** Reads a JSON Schema and the files it refers to, and compiles it. Throws a `UsageError` with the place of an error. */
export const loadSchema = async (path: string, allErrors: boolean): Promise<LoadedSchema> => {
  const root = readDocument(path)
  const folder = openFolder(path)
  const dialect = dialectOf(root) ?? '2020-12'
  const ajv = await createAjv(dialect, allErrors)
  const judge = judges.get(dialect) ?? (await createAjv(dialect, false))
  judges.set(dialect, judge)
  const documents: SchemaDocument[] = []
  const warnings: string[] = []
  const addresses = new Set<string>()

  const add = (document: SchemaDocument, address: string): void => {
    const other = dialectOf(document) ?? dialect
    if (other !== dialect) {
      throw schemaError(
        document,
        ['$schema'],
        `it uses ${other}, but ${root.name}, which refers to it, uses ${dialect}`,
      )
    }
    checkDocument(judge, document)
    warnings.push(...listTypos(ajv, document))
    const schema = dialect === 'draft-07' ? withoutSiblings(document.schema) : document.schema
    const id = typeof schema === 'object' && schema !== null && '$id' in schema ? schema.$id : undefined
    const own = typeof id === 'string' ? new URL(id, address).href.replace(/#$/, '') : address
    folder.know(own, document.name)
    folder.know(address, document.name)
    documents.push(document)
    addresses.add(own).add(address)
    try {
      ajv.addSchema(typeof id === 'string' ? { ...(schema as object), $id: own } : (schema as boolean), address)
    } catch (error) {
      throw schemaError(document, [], messageOf(error))
    }
  }

  const address = folder.addressOf(path)
  add(root, address)
  const check = compile(
    ajv,
    address,
    missing => {
      const file = folder.find(missing.schema)
      if (addresses.has(missing.schema))
        throw missingError(documents, missing.reference, text => `there is nothing at ${text}`)
      if (file === undefined) {
        throw missingError(
          documents,
          missing.reference,
          text =>
            `${text} is not in the folder of the schema, and nothing is fetched from elsewhere; put the file there`,
        )
      }
      if (!existsSync(file)) throw missingError(documents, missing.reference, () => `no such file: ${file}`)
      add(readDocument(file), missing.schema)
    },
    documents,
  )
  return {
    validate(value) {
      try {
        return check(value) ? none : describeErrors(value, check.errors ?? [], allErrors)
      } catch (error) {
        // A schema that refers to itself without going deeper, or a value that is deeper than the stack.
        if (error instanceof RangeError) return tooDeep
        throw error
      }
    },
    warnings: [...new Set(warnings)],
  }
}

const none: readonly Violation[] = []
const tooDeep: readonly Violation[] = [
  {
    path: '.',
    type: 'missing',
    message: '. is nested too deeply for the schema, or the schema refers to itself endlessly',
  },
]

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
  throw schemaError(document, ['$schema'], `${JSON.stringify(schema.$schema)} is not known; use ${known}`)
}

/** In draft-07, keywords beside a `$ref` are ignored, which ajv does not do; definitions there can still be referred to. */
const withoutSiblings = (schema: unknown): unknown => {
  const copy: unknown = structuredClone(schema)
  for (const { schema: one, segments } of listSubschemas(copy)) {
    if (typeof one.$ref !== 'string') continue
    const kept = segments.length === 0 ? [...besideReference, '$id', '$schema'] : besideReference
    for (const keyword of Object.keys(one)) {
      if (!kept.includes(keyword)) delete (one as Record<string, unknown>)[keyword]
    }
  }
  return copy
}

const besideReference: readonly string[] = ['$ref', 'definitions', '$defs']

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
  const ajv = formats.default(created as never) as unknown as AnyAjv
  const url = ajv.formats.url
  // Its expression takes the square of the length.
  if (url instanceof RegExp) ajv.addFormat('url', (text: string) => text.length <= longestUrl && url.test(text))
  return ajv
}

const longestUrl = 4096

// The schema of schemas is compiled once.
const judges = new Map<Dialect, AnyAjv>()

/** All errors that can be reported with their place. */
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
    // ajv would find violations where there are none.
    if (schema.$dynamicRef !== undefined) {
      throw schemaError(document, at('$dynamicRef'), '$dynamicRef is not supported; use $ref')
    }
    if (schema.$async !== undefined) throw schemaError(document, at('$async'), 'asynchronous schemas are not supported')
  }
  if (ajv.validateSchema(document.schema as object)) return
  const [error] = ajv.errors ?? []
  if (error === undefined) return
  const segments = error.instancePath.split('/').slice(1).map(decodePointer)
  const [told] = describeErrors(document.schema, [error], true)
  const problem = told?.message.slice(told.path.length).trim()
  throw schemaError(document, segments, `it is not a valid schema: ${problem}`)
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
      if (known.includes(keyword) || /^(?:x-|example$)/.test(keyword)) continue
      const meant = nearest(keyword, known)
      if (meant === undefined) continue
      found.push(
        schemaError(document, [...segments, keyword], `${keyword} is not a keyword; did you mean ${meant}?`).message,
      )
    }
  }
  return found
}

/** Compiles the schema; `load` adds missing documents, or throws, until none is missing. */
const compile = (
  ajv: AnyAjv,
  address: string,
  load: (missing: { readonly reference: string; readonly schema: string }) => void,
  documents: readonly SchemaDocument[],
): ValidateFunction => {
  for (;;) {
    try {
      const check = ajv.getSchema(address)
      if (check !== undefined) return check as ValidateFunction
      throw new Error('there is nothing in it')
    } catch (error) {
      const { missingRef, missingSchema } = error as { missingRef?: string; missingSchema?: string }
      if (missingSchema === undefined || missingRef === undefined) {
        const reason = error instanceof RangeError ? 'it has too many nested references for ajv' : messageOf(error)
        throw new UsageError(`--schema: ${documents[0]?.name}: it cannot be compiled: ${reason}`)
      }
      load({ reference: missingRef, schema: missingSchema })
    }
  }
}

/** A reference that leads nowhere, at its place; `explain` is given how it is written. */
const missingError = (
  documents: readonly SchemaDocument[],
  missing: string,
  explain: (text: string) => string,
): UsageError => {
  for (const document of documents) {
    for (const { schema, segments } of listSubschemas(document.schema)) {
      const text = schema.$ref
      if (typeof text !== 'string' || !isSameReference(text, missing)) continue
      return schemaError(document, [...segments, '$ref'], explain(JSON.stringify(text)))
    }
  }
  return new UsageError(`--schema: ${documents[0]?.name}: ${explain(JSON.stringify(missing))}`)
}

/** Whether a reference, as it is written, may have become this address. */
const isSameReference = (text: string, address: string): boolean => {
  const tail = text.replace(/^(?:\.{1,2}\/)+/, '').replace(/^\//, '')
  return address === text || address.endsWith(tail) || decodeURIComponent(address).endsWith(tail)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
