import test from 'ava'
import { measureParsing, measurePeak, most, serveEcho, ways, writeRecord } from './helpers/peak-memory.js'
import { makeFolder } from './helpers/temporary-folder.js'

// Those that hold the most of a record at once, with the shape of which the parser makes most: all the others in the soak of this name.
const brief = [
  /^take/,
  /^throttle .*--key/,
  /^batch/,
  /^unbatch/,
  / -R -- /,
  /--worker --keep/,
  /^map .*--http \$API --raw/,
  /^map .*--multi --js/,
  /^map .*concat/,
  /^dlq replay .*--http/,
]

test('no command and no mode takes much more memory than a record of 16 MiB needs', async t => {
  t.timeout(300_000)
  const folder = makeFolder(t)
  const api = await serveEcho()
  t.teardown(api.close)
  writeRecord(folder, 'numbers')
  const parsing = await measureParsing(folder)
  t.true(parsing > 100 && parsing < most.megabytes, `${parsing}`)
  const chosen = brief.flatMap(pattern => ways.filter(({ name }) => pattern.test(name)))
  t.is(chosen.length, brief.length)
  for (const { name, lines, isScript } of chosen) {
    const { megabytes, exitCode, stderr } = await measurePeak(folder, lines, api.origin)
    t.true(exitCode === 0 || exitCode === 1, `${name}: exit ${exitCode} ${stderr}`)
    const bound = isScript ? parsing + most.beyondParsing : most.megabytes
    t.true(megabytes > 30 && megabytes < bound, `${name}: ${megabytes} MB`)
  }
})
