import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { openDeadLetterFile } from '../../../src/stores/dead-letters/file.js'
import { indexDeadLetters } from '../../../src/stores/dead-letters/index-file.js'
import { countDeadLetters } from '../../../src/stores/dead-letters/stats.js'
import { failure } from '../../helpers/dlq.js'
import fc from '../../helpers/fast-check.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const messages = [
  'Line 7 is late',
  'Line 12 is late',
  'a "b" \\ 5',
  '\u001b[31mred 1',
  '\ud800 1',
  'zwölf 12 日本',
  `${'x'.repeat(230)} 1`,
  `${'1 '.repeat(200)}`,
  `${'long '.repeat(2000)}9`,
  '',
]

const entries = fc
  .record(
    {
      entry: fc.constantFrom('a', 'b', 'c-1', 'd_2', 'e'.repeat(65), 'no name'),
      message: fc.constantFrom(...messages),
      kind: fc.constantFrom('exit', 'timeout', 'http_status'),
      line: fc.constantFrom(1, 22, -1, 1.5, 1e30),
      file: fc.constantFrom(null, 'in.ndjson', 'ü "x"'),
      time: fc.constantFrom('2026-11-23T10:00:00.000Z', '2026-11-23T11:12:13.141Z', '2026-11-23T12:00:00+01:00', 'x'),
      replays: fc.nat(20),
      stage: fc.constantFrom({ command: 'map' }, { command: 'map', name: 'n1', pid: 12 }, 'map', null),
      record: fc.json(),
    },
    { requiredKeys: [] },
  )
  .map(failure)

// What other tools and bad luck make of a line.
const changes = fc.constantFrom<(line: string, at: number) => string>(
  line => line,
  line => line,
  line => line,
  line => line,
  line => `${JSON.stringify(JSON.parse(line), null, 1).replaceAll('\n', ' ')}\n`,
  line => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line)).reverse())),
  line => line.replace('"record":', '"raw":'),
  line => line.replace('"record":', '"raw_base64":'),
  line => line.replace('}\n', ',"record":[1]}\n'),
  line => line.replace('}\n', ',"error":{"kind":"late"}}\n'),
  line => line.replace('"error":{', '"error":{"kind":"first",'),
  line => line.replace('"line":1', '"line":001'),
  (line, at) => `${line.slice(0, at % line.length)}\n`,
  (line, at) => `${line.slice(0, at % line.length)}${line.slice((at % line.length) + 1)}`,
  (line, at) => `${line.slice(0, at % line.length)}"${line.slice((at % line.length) + 1)}`,
  (line, at) => `${line.slice(0, at % line.length)}0${line.slice((at % line.length) + 1)}`,
  (line, at) => `${line.slice(0, at % line.length)}9${line.slice(at % line.length)}`,
)

const lines = fc
  .tuple(entries, changes, fc.nat(2000))
  .map(([line, change, at]) => change(line, at).replace(/\n?$/, '\n'))

test('whatever became of the lines, as many entries are counted and as many are damaged as the index says', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'f.ndjson')
  await fc.assert(
    fc.asyncProperty(fc.array(lines, { maxLength: 60 }), async all => {
      writeFileSync(path, all.join(''))
      const file = await openDeadLetterFile(path, { maxLine: 2 ** 20 })
      try {
        const options = { fields: [], where: [], isAll: true, matches: () => true, state: undefined }
        const { damaged, foreign, counts, causes } = await countDeadLetters(file, options)
        const index = await indexDeadLetters(file)
        t.deepEqual([damaged, foreign, counts], [index.damaged, index.foreign, index.counts])
        t.is(
          causes.reduce((sum, cause) => sum + cause.counts.waiting, 0),
          counts.waiting,
        )
      } finally {
        file.close()
      }
    }),
    { numRuns: 300 },
  )
})

type State = 'waiting' | 'parked' | 'done'
type Told = { readonly entry: string; readonly message: string; readonly time: string; readonly record: string }

const told = fc.record({
  entry: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  message: fc.constantFrom('late', 'lost', 'bad'),
  time: fc.integer({ min: 10, max: 23 }).map(hour => `2026-11-23T${hour}:00:00.000Z`),
  record: fc.json(),
})

const journal = fc.array(
  fc.record({
    entry: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'gone'),
    outcome: fc.constantFrom('done' as const, 'parked' as const, 'unparked' as const),
  }),
  { maxLength: 6 },
)

/** What is seen of each cause, the long way: the first entry that is meant, and the times of all that are. */
const lookAt = (lines: readonly Told[], states: ReadonlyMap<string, State>, wanted: State | undefined) => {
  const last = new Map(lines.map(({ entry, message }) => [entry, message]))
  const stateOf = ({ entry }: Told) => states.get(entry) ?? 'waiting'
  return [...new Set(last.values())].map(message => {
    const own = lines.filter(line => line.message === message)
    const counted = own.filter(({ entry }) => last.get(entry) === message)
    const order = [...(wanted === undefined ? [] : [wanted]), 'waiting', 'parked', 'done']
    const best = order.find(state => counted.some(line => stateOf(line) === state))
    const sample = counted.find(line => stateOf(line) === best)
    const isMeant = (line: Told) => (wanted === undefined ? stateOf(line) !== 'done' : stateOf(line) === wanted)
    const meant = counted.some(isMeant) ? own.filter(isMeant) : own
    const times = meant.map(({ time }) => Date.parse(time))
    return {
      message,
      sample: sample?.entry,
      record: sample?.record.slice(0, 200),
      firstSeen: Math.min(...times),
      lastSeen: Math.max(...times),
    }
  })
}

test('the sample of a cause and its times are those of entries that are meant', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'f.ndjson')
  const wanted = fc.constantFrom<State | undefined>(undefined, 'waiting', 'parked', 'done')
  await fc.assert(
    fc.asyncProperty(
      fc.array(told, { maxLength: 30 }),
      journal,
      fc.boolean(),
      wanted,
      async (all, outcomes, isAll, state) => {
        writeFileSync(path, all.map(failure).join(''))
        writeFileSync(`${path}.done`, outcomes.map(line => `${JSON.stringify({ replays: 0, ...line })}\n`).join(''))
        const states = new Map<string, State>(
          outcomes.map(({ entry, outcome }) => [entry, outcome === 'unparked' ? 'waiting' : outcome]),
        )
        const file = await openDeadLetterFile(path, { maxLine: 2 ** 20 })
        try {
          const { causes } = await countDeadLetters(file, { fields: [], where: [], isAll, matches: () => true, state })
          const seen = causes.map(({ message, sample, record, firstSeen, lastSeen }) => ({
            message,
            sample,
            record,
            firstSeen,
            lastSeen,
          }))
          const byMessage = (one: { message?: string | undefined }, other: { message?: string | undefined }) =>
            String(one.message).localeCompare(String(other.message))
          t.deepEqual(seen.sort(byMessage), lookAt(all, states, state).sort(byMessage))
        } finally {
          file.close()
        }
      },
    ),
    { numRuns: 300 },
  )
})
