// Records of nearly 16 MiB and of six shapes through every command and mode: the peak of memory has a bound.
// A script that goes far beyond its memory in a single step fails its record, and the program lives on.
// node build/bench/soak/memory.js [--quick]; exit 1 when a bound is passed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  measureParsing,
  measurePeak,
  most,
  serveEcho,
  shapes,
  ways,
  writeRecord,
} from '../../test/helpers/peak-memory.js'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const folder = mkdtempSync(join(tmpdir(), 'streamz-memory-'))
const api = await serveEcho()

for (const shape of values.quick ? ['objects'] : Object.keys(shapes)) {
  writeRecord(folder, shape)
  const parsing = await measureParsing(folder)
  let largest = { megabytes: 0, name: '' }
  for (const { name, lines, isScript } of ways) {
    const { megabytes, exitCode, stderr } = await measurePeak(folder, lines, api.origin)
    const bound = isScript ? most.beyondParsing + parsing : most.megabytes
    if (megabytes > largest.megabytes) largest = { megabytes, name }
    if (megabytes <= bound && (exitCode === 0 || exitCode === 1)) continue
    console.log(`${shape}: ${megabytes.toFixed(0)} MB of ${bound.toFixed(0)}, exit ${exitCode}: ${name}\n${stderr}`)
    process.exitCode = 1
  }
  console.log(
    `${shape}: JSON.parse alone ${parsing.toFixed(0)} MB, at most ${largest.megabytes.toFixed(0)} MB: ${largest.name}`,
  )
}

// More than 3 GB by one function of the language, which nothing can interrupt.
const script =
  'r => { const big = new Array(1e7).fill(0); globalThis.all = new Array(40).fill(0).map(Array.prototype.slice.bind(big, 0, 1e7)); for (;;) all[0] }'
writeFileSync(join(folder, 'record.ndjson'), '1\n')
const { exitCode, stderr } = await measurePeak(folder, [`streamz map -j 1 --timeout 0 --js '${script}'`])
if (exitCode !== 1 || !stderr.includes('used up the 512 MiB of its thread')) {
  console.log(`A step of more than 3 GB: exit ${exitCode}\n${stderr}`)
  process.exitCode = 1
} else console.log('A step of more than 3 GB: a failure of its record')

api.close()
rmSync(folder, { recursive: true, force: true })
