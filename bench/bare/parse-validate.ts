// What people write to hold NDJSON against a JSON Schema: JSON.parse of every line, a function made by ajv, good lines passed on.

import { fstatSync, readFileSync, readSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'

const isValid = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')))
let rest = ''

const take = (text: string): boolean => {
  const lines = (rest + text).split('\n')
  rest = lines.pop() ?? ''
  let output = ''
  for (const line of lines) if (isValid(JSON.parse(line))) output += `${line}\n`
  return process.stdout.write(output)
}

if (fstatSync(0).isFile()) {
  const slab = Buffer.allocUnsafe(256 * 1024)
  // The made records are ASCII: no character is ever cut.
  for (let count = readSync(0, slab); count > 0; count = readSync(0, slab)) take(slab.toString('latin1', 0, count))
} else {
  process.stdin.setEncoding('utf8')
  process.stdin.on('data', (text: string) => {
    if (take(text)) return
    process.stdin.pause()
    process.stdout.once('drain', () => process.stdin.resume())
  })
}
