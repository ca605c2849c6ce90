// What people write for batches of 100: JSON.parse of every line. `keep` joins the lines as they came, `write` makes
// the JSON anew with JSON.stringify.
import { fstatSync, readSync } from 'node:fs'

const how = process.argv[2]
let rest = ''
let records: unknown[] = []
let texts: string[] = []
let output = ''

const flush = () => {
  if (texts.length === 0 && records.length === 0) return
  output += how === 'write' ? `${JSON.stringify(records)}\n` : `[${texts.join(',')}]\n`
  records = []
  texts = []
}

const add = (line: string) => {
  const record: unknown = JSON.parse(line)
  if (how === 'write') records.push(record)
  else texts.push(line)
  if (records.length === 100 || texts.length === 100) flush()
}

const take = (text: string): boolean => {
  const lines = (rest + text).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) add(line)
  const ready = output
  output = ''
  return process.stdout.write(ready)
}

if (fstatSync(0).isFile()) {
  const slab = Buffer.allocUnsafe(256 * 1024)
  // The made records are ASCII: no character is ever cut.
  for (let count = readSync(0, slab); count > 0; count = readSync(0, slab)) take(slab.toString('latin1', 0, count))
  flush()
  take('')
} else {
  process.stdin.setEncoding('utf8')
  process.stdin.on('data', (text: string) => {
    if (take(text)) return
    process.stdin.pause()
    process.stdout.once('drain', () => process.stdin.resume())
  })
  process.stdin.on('end', () => {
    flush()
    process.stdout.write(output)
  })
}
