// What people write for batches of 100: JSON.parse of every line. `keep` joins the lines as they came, `write` makes
// the JSON anew with JSON.stringify.
import { readText } from './read-text.js'

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

readText(take, () => {
  flush()
  take('')
})
