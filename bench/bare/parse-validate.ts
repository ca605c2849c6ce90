// What people write to hold NDJSON against a JSON Schema: JSON.parse of every line, a function made by ajv, good lines passed on.

import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { readText } from './read-text.js'

const isValid = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')))
let rest = ''

const take = (text: string): boolean => {
  const lines = (rest + text).split('\n')
  rest = lines.pop() ?? ''
  let output = ''
  for (const line of lines) if (isValid(JSON.parse(line))) output += `${line}\n`
  return process.stdout.write(output)
}

readText(take)
