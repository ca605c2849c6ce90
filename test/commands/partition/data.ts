import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import { streamz } from '../../helpers/cli.js'
import { kindsIn } from '../../helpers/flags.js'

/** What a program would do that parses every line: the lines of each key, by the key's JSON; and how many are no JSON. */
const divideNaively = (text: string, read: (record: unknown) => unknown) => {
  const parts = new Map<string, string>()
  let bad = 0
  for (const line of text.split('\n')) {
    if (line === '') continue
    try {
      const key = read(JSON.parse(line))
      if (key !== undefined) parts.set(JSON.stringify(key), `${parts.get(JSON.stringify(key)) ?? ''}${line}\n`)
    } catch {
      bad++
    }
  }
  return { parts, bad }
}

for (const [file, path, read] of [
  ['amazon-cellphones', '.[1]', record => (record as unknown[])[1]],
  [
    'datacite',
    '.attributes.types.resourceTypeGeneral',
    record => (record as Datacite).attributes.types.resourceTypeGeneral,
  ],
  ['elasticoffee-bulk', '.beverage', record => (record as { beverage?: string }).beverage],
  ['wikidata', '.id', record => (record as { id: string }).id],
] as readonly (readonly [string, string, (record: unknown) => unknown])[]) {
  test(`partition --key ${path} of ${file} is what parsing every line gives`, async t => {
    const data = resolve(`test/fixtures/data/${file}.ndjson`)
    const { parts, bad } = divideNaively(readFileSync(data, 'utf8'), read)
    t.true(parts.size > 1)
    const { cwd, stderr } = await streamz(t, ['partition', '--key', path, '--missing', 'drop', '-q', data])
    t.deepEqual(
      kindsIn(stderr),
      Array.from({ length: bad }, () => 'parse'),
    )
    const found = readdirSync(join(cwd, 'part')).map(name => readFileSync(join(cwd, 'part', name), 'utf8'))
    t.deepEqual(found.toSorted(), [...parts.values()].toSorted())
  })
}

type Datacite = { readonly attributes: { readonly types: { readonly resourceTypeGeneral?: string } } }
