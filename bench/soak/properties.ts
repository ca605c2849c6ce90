// Tries the properties of all tests with seeds that nobody has seen; `npm test` always takes the same one.
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, seed: { type: 'string' } } })
const root = fileURLToPath(new URL('../../..', import.meta.url))
const tests = readdirSync(join(root, 'build/test'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.js') && !/^(fixtures|helpers)\//.test(file))
  .map(file => join('build/test', file))
  .filter(file => /fc\.assert\(|store-conformance/.test(readFileSync(join(root, file), 'utf8')))
const rounds = values.quick ? 1 : 20
const seeds =
  values.seed === undefined ? Array.from({ length: rounds }, () => String(randomInt(2 ** 31))) : [values.seed]
const broken = seeds.filter(seed => {
  const { status, stdout } = spawnSync('npx', ['--no', 'ava', ...tests], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, TEST_SEED: seed },
  })
  if (status !== 0) console.log(`seed ${seed}:\n${stdout}`)
  return status !== 0
})
console.log(
  `${tests.length} files, ${seeds.length} seeds: ${broken.length === 0 ? 'nothing broken' : `broken by ${broken.join(', ')}`}`,
)
if (broken.length > 0) process.exitCode = 1
