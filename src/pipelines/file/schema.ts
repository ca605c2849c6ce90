import type { CommandTable, Definition } from '../../cli/definition.js'
import type { branchKeys } from './read-branches.js'
import type { jobKeys } from './read-job.js'
import { createStepTable, listJobOptions, listStepKeys, type StepKey } from './step-keys.js'

type Schema = { readonly [key: string]: unknown }

/** The JSON Schema (draft-07) of job files, made from what the commands know about their flags. */
export const createSchema = (commands: CommandTable): Schema => {
  const steps = createStepTable(commands).list()
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A job of streamz: input, steps, output',
    type: 'object',
    required: ['steps'],
    additionalProperties: false,
    properties: {
      ...ownKeys,
      ...Object.fromEntries(listJobOptions().map(key => [key.key, schemaOfKey(key)])),
    },
    definitions: {
      step: {
        type: 'object',
        minProperties: 1,
        maxProperties: 1,
        additionalProperties: false,
        properties: Object.fromEntries([...steps.keys()].map(name => [name, { $ref: `#/definitions/${name}` }])),
      },
      branch,
      ...Object.fromEntries([...steps].map(([name, definition]) => [name, schemaOfStep(definition)])),
    },
  }
}

const text = { type: ['string', 'number'] }
const truth = { type: 'boolean' }
/** Whatever stands in its place when the file is read. */
const variable = { type: 'string', pattern: '\\$\\{\\w+\\}' }

const onlyTrue = { enum: [true] }
const line = { type: 'array', minItems: 1, items: { $ref: '#/definitions/step' } }

const branchProperties: Readonly<Record<(typeof branchKeys)[number], Schema>> = {
  name: { ...text, description: 'its name in messages, the summary and tests' },
  where: { ...text, description: 'a condition: the records for which it is true take this branch' },
  else: { ...onlyTrue, description: 'in the place of where: takes all that are left' },
  steps: { ...line, description: 'what its records pass, in order' },
  output: { ...text, description: 'the file at its end, written aside and renamed when the job is complete' },
  append: { ...onlyTrue, description: 'append to output instead' },
  dlq: { ...text, description: 'in the place of output: its records are failures and are kept in this file' },
  drop: { ...onlyTrue, description: 'in the place of output: its records are dropped' },
}

const branch = {
  description: 'a way of its own for some of the records',
  type: 'object',
  additionalProperties: false,
  oneOf: [
    { type: 'object', required: ['where'], properties: { where: true, else: false } },
    { type: 'object', required: ['else'], properties: { else: true, where: false } },
  ],
  dependencies: {
    append: ['output'],
    output: { type: 'object', properties: { dlq: false, drop: false } },
    dlq: { type: 'object', properties: { drop: false } },
  },
  properties: branchProperties,
}

const ownKeys: Readonly<Record<(typeof jobKeys)[number], Schema>> = {
  name: { ...text, description: 'name of the job in its summary' },
  vars: {
    description: 'variables for texts; run --set name=VALUE gives a value',
    type: 'object',
    propertyNames: { pattern: '^[A-Za-z_]\\w*$' },
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: { default: text, required: truth },
    },
  },
  input: {
    description: 'files, patterns like orders/*.ndjson, and "-"; standard input unless given',
    anyOf: [text, { type: 'array', minItems: 1, items: text }],
  },
  'allow-empty': { ...truth, description: 'a pattern of input may match no file' },
  steps: { ...line, description: 'what the records pass, in order' },
  output: { ...text, description: 'written aside and renamed when the job is complete; standard output unless given' },
  append: { ...truth, description: 'append to output instead' },
  lock: { ...text, description: 'one run at a time holds this file; the others exit with 75' },
}

const schemaOfStep = (definition: Definition): Schema => {
  const keys = listStepKeys(definition)
  const required = keys.filter(({ isRequired }) => isRequired).map(({ key }) => key)
  return {
    description: definition.words.purpose,
    type: required.length === 0 ? ['object', 'null'] : 'object',
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(keys.map(key => [key.key, schemaOfKey(key)])),
  }
}

const schemaOfKey = (key: StepKey): Schema => {
  const { description, kind, repeats } = key
  if (kind === 'switch') return { description, anyOf: [truth, variable] }
  if (kind === 'branches') return { description, type: 'array', minItems: 1, items: { $ref: '#/definitions/branch' } }
  if (kind === 'command') return { description, type: 'array', minItems: 1, items: text }
  const one = schemaOfValue(key)
  return repeats ? { description, anyOf: [one, { type: 'array', items: one }] } : { description, ...one }
}

const schemaOfValue = ({ parse, isCode, isExpression }: StepKey): Schema => {
  const { words, pattern } = parse ?? {}
  const isClosed = words !== undefined && !accepts(parse, words.join(','))
  const shape = isClosed ? { enum: words } : pattern === undefined ? text : { type: ['string', 'number'], pattern }
  const examples = parse === undefined || isClosed ? {} : { examples: parse.example.split(/, | or /) }
  return isCode || isExpression || shape === text
    ? { ...shape, ...examples }
    : { anyOf: [shape, variable], ...examples }
}

/** Some take a list of their words. */
const accepts = (parse: StepKey['parse'], value: string): boolean => {
  try {
    parse?.(value)
    return true
  } catch {
    return false
  }
}
