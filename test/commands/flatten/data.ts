import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'ava'
import { streamz } from '../../helpers/cli.js'
import { kindsIn } from '../../helpers/flags.js'
import { parseLines } from '../../helpers/real-data.js'

for (const [file, path] of [
  ['amazon-cellphones', '.'],
  ['datacite', '.attributes.creators'],
  ['elasticoffee-bulk', '.index'],
  ['wikidata', '.aliases.en'],
] as const) {
  test(`flatten ${path} of ${file} is what parsing every line gives`, async t => {
    const data = resolve(`test/fixtures/data/${file}.ndjson`)
    const keys = path.split('.').filter(key => key !== '')
    const wanted: unknown[] = []
    let failures = 0
    let dropped = 0
    for (const { value, isGood } of parseLines(readFileSync(data, 'utf8'))) {
      const found = keys.reduce<unknown>(
        (one, key) => (one as Record<string, unknown> | null | undefined)?.[key],
        value,
      )
      if (isGood && Array.isArray(found)) wanted.push(...found)
      else if (isGood && (found === undefined || found === null)) dropped++
      else failures++
    }
    const { stdout, stderr } = await streamz(t, ['flatten', path, '--missing', 'drop', '-q', data])
    const lines = String(stdout).split('\n').slice(0, -1)
    t.deepEqual(
      lines.map(line => JSON.parse(line)),
      wanted,
    )
    t.is(kindsIn(stderr).length, failures)
    t.true(wanted.length + dropped + failures > 1)
  })
}
