import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'ava'
import { records, streamz } from '../../helpers/cli.js'
import { kindsIn } from '../../helpers/flags.js'

type Read = (record: unknown) => unknown
type Coffee = { readonly beverage?: string; readonly quantity?: number; readonly '@timestamp'?: string }
type Work = {
  readonly attributes: { readonly types: { readonly resourceTypeGeneral?: string }; readonly created: string }
}

const sets: readonly (readonly [file: string, path: string, read: Read])[] = [
  ['amazon-cellphones', '.[1]', record => (record as unknown[])[1]],
  [
    'datacite',
    '.attributes.types.resourceTypeGeneral',
    record => (record as Work).attributes.types.resourceTypeGeneral,
  ],
  ['elasticoffee-bulk', '.beverage', record => (record as Coffee).beverage],
  ['wikidata', '.id', record => (record as { id: string }).id],
]

/** Each line that is JSON, and how many are not. */
const parseAll = (file: string) => {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  const parsed = lines.flatMap(line => {
    try {
      return [{ line, value: JSON.parse(line) as unknown }]
    } catch {
      return []
    }
  })
  return { parsed, bad: lines.length - parsed.length }
}

for (const [file, path, read] of sets) {
  const data = resolve(`test/fixtures/data/${file}.ndjson`)

  test(`window --key ${path} of ${file} counts what parsing every line counts`, async t => {
    const { parsed, bad } = parseAll(data)
    const counts = new Map<unknown, number>()
    for (const { value } of parsed) {
      const key = read(value)
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    t.true(counts.size > 1)
    const { stdout, stderr } = await streamz(t, ['window', '--all', '--key', path, '--missing', 'drop', '-q', data])
    t.deepEqual(
      (records(stdout) as { key: unknown; n: number }[]).map(({ key, n }) => [key, n]),
      [...counts],
    )
    t.is(kindsIn(stderr).length, bad)
  })

  test(`dedupe --key ${path} of ${file} passes what parsing every line passes`, async t => {
    const { parsed } = parseAll(data)
    const seen = new Set<unknown>()
    const wanted = parsed.flatMap(({ line, value }) => {
      const key = read(value)
      if (key === undefined || seen.has(key)) return []
      seen.add(key)
      return [`${line}\n`]
    })
    const { stdout } = await streamz(t, ['dedupe', '--key', path, '--missing', 'drop', '-q', data])
    t.is(String(stdout), wanted.join(''))
  })
}

test('cups per hour of elasticoffee are those that a table of hours has', async t => {
  const data = resolve('test/fixtures/data/elasticoffee-bulk.ndjson')
  const hours = new Map<number, { n: number; cups: number }>()
  let withoutTime = 0
  for (const { value } of parseAll(data).parsed) {
    const { '@timestamp': time, quantity = 0 } = value as Coffee
    if (time === undefined) withoutTime++
    else {
      const hour = Math.floor(Date.parse(time) / 3_600_000)
      const known = hours.get(hour) ?? { n: 0, cups: 0 }
      hours.set(hour, { n: known.n + 1, cups: known.cups + quantity })
    }
  }
  const args = ['--size', '1h', '--ts', '."@timestamp"', '--lateness', '3650d', '--agg', 'n=count, cups=sum(.quantity)']
  const { stdout, stderr } = await streamz(t, ['window', ...args, '-q', data])
  t.deepEqual(
    (records(stdout) as { window: { start: string }; n: number; cups: number }[]).map(({ window, n, cups }) => [
      Date.parse(window.start) / 3_600_000,
      { n, cups },
    ]),
    [...hours].toSorted(([one], [other]) => one - other),
  )
  t.is(kindsIn(stderr).filter(kind => kind === 'field').length, withoutTime)
})
