import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { openDeadLetterFile } from '../../src/stores/dead-letter-file.js'
import { countDeadLetters } from '../../src/stores/dead-letter-stats.js'
import { failure } from '../helpers/dlq.js'
import fc from '../helpers/fast-check.js'
import { makeFolder } from '../helpers/temporary-folder.js'

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

test('entries that are known again are counted as if each had been read', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'f.ndjson')
  await fc.assert(
    fc.asyncProperty(fc.array(lines, { maxLength: 60 }), async all => {
      writeFileSync(path, all.join(''))
      const count = async (isAll: boolean) => {
        const file = await openDeadLetterFile(path, { maxLine: 2 ** 20 })
        try {
          return await countDeadLetters(file, { fields: [], where: [], isAll, matches: () => true })
        } finally {
          file.close()
        }
      }
      // Whatever selects entries wants each of them to be read.
      t.deepEqual(await count(true), await count(false))
    }),
    { numRuns: 300 },
  )
})
