import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import test from 'ava'

const files = readdirSync('dist', { recursive: true })
  .map(name => join('dist', String(name)))
  .filter(file => statSync(file).isFile())

test('the package has one program, no source maps, and less than 3 MB', t => {
  t.deepEqual(
    files.filter(file => /\.(map|cache)$|program/.test(file)),
    ['dist/http-pool.cache', 'dist/program.cache', 'dist/program.cjs', 'dist/yaml-reader.cache'],
  )
  const size = files.reduce((sum, file) => sum + statSync(file).size, 0)
  t.true(size < 3e6, String(size))
})

for (const name of ['program', 'yaml-reader', 'http-pool']) {
  test(`the compiled code of ${name} is taken by V8, and its text is ASCII`, t => {
    const cachedData = readFileSync(`dist/${name}.cache`)
    const text = readFileSync(`dist/${name}.cjs`, 'latin1')
    t.false(new Script(text, { filename: `${name}.cjs`, cachedData }).cachedDataRejected)
    t.true(new Script(`${text} `, { filename: `${name}.cjs`, cachedData }).cachedDataRejected)
    t.true(readFileSync(`dist/${name}.cjs`).every(byte => byte < 0x80))
  })
}

test('the places of a reported stack are found in the sources', t => {
  const lines = readFileSync('dist/program.cjs', 'latin1').split('\n')
  const line = lines.findIndex(one => one.includes('An operand is empty'))
  const column = lines[line]?.indexOf('An operand is empty')
  const stack = `Error: it\n    at a (/usr/lib/streamz/dist/program.cjs:${line + 1}:${column})\n    at node:internal/x:1:2\n`
  const { stdout } = spawnSync(process.execPath, ['scripts/read-stack.mjs'], { input: stack, encoding: 'utf8' })
  const source = readFileSync('src/cli/create-command.ts', 'utf8').split('\n')
  const [, file, found] = /at a \((.*?):(\d+):\d+\)\n {4}at node:internal\/x:1:2\n$/.exec(stdout) ?? []
  t.is(file, 'src/cli/create-command.ts', stdout)
  t.regex(source[Number(found) - 1] ?? '', /An operand is empty/)
})
