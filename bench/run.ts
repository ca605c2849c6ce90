// Measures streamz beside other tools: `npm run bench -- [--quick] [--records N] [GROUP...]`. See bench/README.md.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compare } from './compare.js'
import { prepareData } from './data.js'
import { describeMachine, describeResults } from './report.js'
import type { RowGroup, Setting } from './row.js'

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, records: { type: 'string' } },
  allowPositionals: true,
})
const here = fileURLToPath(new URL('.', import.meta.url))
const list = (folder: string) => readdirSync(join(here, folder)).map(file => basename(file, '.js'))
const rows = list('rows')
// Programs of their own: they measure within one process, beside the libraries that do the same.
const kernels = list('kernel')
const groups = [...rows, ...kernels]
const unknown = positionals.find(name => !groups.includes(name))
if (unknown !== undefined) {
  console.error(`There is no group ${unknown}: give some of ${groups.join(', ')}`)
  process.exit(2)
}

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`
const node = quote(process.execPath)
const folder = mkdtempSync(join(tmpdir(), 'streamz-bench-run-'))
const setting: Setting = {
  quick: values.quick,
  records: Number(values.records ?? (values.quick ? 500_000 : 2_000_000)),
  data: records => quote(prepareData(records)),
  streamz: `${node} ${quote(join(here, '../../dist/streamz.cjs'))}`,
  script: name => `${node} ${quote(join(here, `${name}.js`))}`,
  folder,
}

console.log(`${describeMachine()}\n`)
let missed = 0
try {
  for (const name of positionals.length === 0 ? groups : positionals) {
    if (kernels.includes(name)) {
      console.log(`### ${name}\n`)
      const { status } = spawnSync(process.execPath, [join(here, 'kernel', `${name}.js`)], { stdio: 'inherit' })
      if (status !== 0) missed++
      continue
    }
    const { describeRows } = (await import(`./rows/${name}.js`)) as RowGroup
    for (const row of describeRows(setting)) {
      const { text, reached } = describeResults(row, await compare(row, row.rounds[values.quick ? 1 : 0]))
      console.log(text)
      if (!reached) missed++
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(
  missed === 0 ? 'Every target that was measured is reached' : `Rows with a target that is not reached: ${missed}`,
)
