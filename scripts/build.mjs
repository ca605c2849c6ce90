// Builds `dist/` (what users run and import) and `build/` (every module by itself, for the tests).
// The declarations in `dist/types` are made by `tsc -p tsconfig.build.json`, which takes longer.
import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'
import { bundleProgram, bundleThread, common } from './bundle.mjs'

rmSync('dist', { recursive: true, force: true })
rmSync('build', { recursive: true, force: true })

await Promise.all([bundleProgram(), bundleThread()])

// What is run: the program, with what V8 has compiled of it before, a tenth of a start. Compiled code of another
// version of Node is refused by V8, and the text is compiled as ever.
const start = atExit => `'use strict'
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')
const path = __dirname + '/program.cjs'
let cachedData
try {
  cachedData = readFileSync(__dirname + '/program.cache')
} catch {}
// All of it is ASCII, which is read fastest like this.
const script = new Script(readFileSync(path, 'latin1'), { filename: path, cachedData })
${atExit}script.runInThisContext()(exports, require, module, path, __dirname)
`
writeFileSync('dist/streamz.cjs', `#!/usr/bin/env node\n${start('')}`)
chmodSync('dist/streamz.cjs', 0o755)

// V8 keeps the functions that have run; each run adds its own to those of the runs before it. What all commands need is
// run here: whatever is kept is read at every start, and the rest is compiled when it is called.
const runs = [
  ['batch', '--size', '2'],
  ['take', '1'],
]
const keep = `process.on('exit', () => require('node:fs').writeFileSync(__dirname + '/program.cache', script.createCachedData()))\n`
writeFileSync('dist/keep-compiled.cjs', start(keep))
for (const words of runs) {
  execFileSync(process.execPath, ['dist/keep-compiled.cjs', ...words], { input: '{"id":1}\n{"id":2}\n' })
}
rmSync('dist/keep-compiled.cjs')

await build({
  ...common,
  entryPoints: { index: 'src/index.ts' },
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  packages: 'external',
  legalComments: 'none',
})

const sources = folder =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map(file => `${folder}/${file}`)
await build({
  ...common,
  entryPoints: [...sources('src'), ...sources('test'), ...sources('bench')].filter(file => file !== 'src/main.ts'),
  outdir: 'build',
  outbase: '.',
  format: 'esm',
  sourcemap: 'inline',
})

// Made from the modules above, and so after them.
await import('./man.mjs')
