import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'ava'
import { streamz } from '../../helpers/cli.js'
import { kindsIn } from '../../helpers/flags.js'
import { parseLines } from '../../helpers/real-data.js'

type Fields = Record<string, unknown> | null | undefined

for (const [file, expression, matches] of [
  [
    'amazon-cellphones',
    '.[5] >= 3.9 && .[1] in ["Nokia", "Motorola"]',
    r => isAtLeast(at(r, 5), 3.9) && ['Nokia', 'Motorola'].includes(String(at(r, 1))),
  ],
  [
    'datacite',
    '.attributes.publicationYear >= 2015 && !(.attributes.url =~ "^http:")',
    r => {
      const { publicationYear: year, url } = (at(r, 'attributes') ?? {}) as Record<string, unknown>
      return typeof year === 'number' && year >= 2015 && !(typeof url === 'string' && url.startsWith('http:'))
    },
  ],
  ['elasticoffee-bulk', 'has(.index) || .beverage != "Coffee"', r => 'index' in r || at(r, 'beverage') !== 'Coffee'],
  [
    'wikidata',
    '.type == "item" && has(.labels.en)',
    r => at(r, 'type') === 'item' && at(at(r, 'labels'), 'en') !== undefined,
  ],
] as readonly (readonly [string, string, (record: object) => boolean])[]) {
  for (const invert of [false, true]) {
    test(`filter ${invert ? '-v ' : ''}'${expression}' of ${file} is what parsing every line gives`, async t => {
      const data = resolve(`test/fixtures/data/${file}.ndjson`)
      const lines = parseLines(readFileSync(data, 'utf8'))
      const good = lines.filter(({ isGood }) => isGood)
      const { stdout, stderr } = await streamz(t, ['filter', expression, ...(invert ? ['-v'] : []), '-q', data])
      t.deepEqual(
        String(stdout).split('\n').slice(0, -1),
        good.filter(({ value }) => matches(value as object) !== invert).map(({ line }) => line),
      )
      t.is(kindsIn(stderr).length, lines.length - good.length)
    })
  }
}

const at = (value: unknown, key: string | number): unknown => (value as Fields)?.[key]

const isAtLeast = (value: unknown, least: number): boolean => typeof value === 'number' && value >= least
