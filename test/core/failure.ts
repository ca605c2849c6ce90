import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { kinds } from '../../src/core/failure.js'

const sources = readdirSync('src', { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
  .map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n')

for (const kind of kinds) {
  test(`some command fails with ${kind}`, t => t.regex(sources, new RegExp(`(Failure|failure|failed)\\(\\s*'${kind}'`)))
}

test('the docs list these kinds and no others', t => {
  const docs = readFileSync('docs/records.md', 'utf8')
  const table = docs.slice(docs.indexOf('### Kinds'), docs.indexOf('### Classes'))
  t.deepEqual([...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind).sort(), [...kinds].sort() as never)
})
