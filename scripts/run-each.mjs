// Runs every program of a folder, one after another, with the arguments given: `npm run soak -- --quick`.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

const [folder, ...args] = process.argv.slice(2)
for (const file of readdirSync(folder)
  .filter(name => name.endsWith('.js'))
  .toSorted()) {
  process.stdout.write(`\n== ${file.replace(/\.js$/, '')}\n`)
  const { status } = spawnSync(process.execPath, [`${folder}/${file}`, ...args], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
