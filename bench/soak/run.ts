// Runs every soak beside this file, one after the other: `npm run soak -- [--quick] [NAME...]`; exit 1 when one found something.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const here = fileURLToPath(new URL('.', import.meta.url))
const soaks = readdirSync(here)
  .map(file => basename(file, '.js'))
  .filter(name => name !== 'run')
const unknown = positionals.find(name => !soaks.includes(name))
if (unknown !== undefined) {
  console.error(`There is no soak ${unknown}: give some of ${soaks.join(', ')}`)
  process.exit(2)
}

for (const name of positionals.length === 0 ? soaks : positionals) {
  console.log(`${name}:`)
  const args = [join(here, `${name}.js`), ...(values.quick ? ['--quick'] : [])]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status === 0) continue
  console.log(`${name} found something`)
  process.exitCode = 1
}
