// Builds `dist/` (what users run and import) and `build/` (every module by itself, for the tests).
// The declarations in `dist/types` are made by `tsc -p tsconfig.build.json`, which takes longer.
import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'
import { bundleHttp, bundleProgram, bundleThread, bundleYaml, common } from './bundle.mjs'

rmSync('dist', { recursive: true, force: true })
rmSync('build', { recursive: true, force: true })

await Promise.all([bundleProgram(), bundleThread(), bundleYaml(), bundleHttp()])

// What is run: the program, with what V8 has compiled of it before, a tenth of a start. Compiled code of another
// version of Node is refused by V8, and the text is compiled as ever.
const start = (name, atExit) => `'use strict'
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')
const path = __dirname + '/${name}.cjs'
let cachedData
try {
  cachedData = readFileSync(__dirname + '/${name}.cache')
} catch {}
// All of it is ASCII, which is read fastest like this.
const script = new Script(readFileSync(path, 'latin1'), { filename: path, cachedData })
${atExit}script.runInThisContext()(exports, require, module, path, __dirname)
`
writeFileSync('dist/streamz.cjs', `#!/usr/bin/env node\n${start('program', '')}`)
chmodSync('dist/streamz.cjs', 0o755)

// V8 keeps the functions that have run; each run adds its own to those of the runs before it. What all commands need is
// run here: whatever is kept is read at every start, and the rest is compiled when it is called.
const runs = [
  ['batch', '--size', '2'],
  ['take', '1'],
]
const keep = name =>
  `process.on('exit', () => require('node:fs').writeFileSync(__dirname + '/${name}.cache', script.createCachedData()))\n`
const keepCompiled = (name, runs) => {
  writeFileSync('dist/keep-compiled.cjs', start(name, keep(name)))
  for (const run of runs) run('dist/keep-compiled.cjs')
  rmSync('dist/keep-compiled.cjs')
}
keepCompiled(
  'program',
  runs.map(words => file => execFileSync(process.execPath, [file, ...words], { input: '{"id":1}\n{"id":2}\n' })),
)

// The reader of job files comes in the same way, when there is a job file to read.
writeFileSync('dist/yaml.cjs', start('yaml-reader', ''))
const job =
  'name: a\nvars: {n: {default: 2}}\ninput: [a, "b"]\nsteps:\n  - take: {count: 1} # first\n  - map:\n      js: |\n        r => r\n'
const readJob = file => `
const yaml = require('./${file}')
const lineCounter = new yaml.LineCounter()
const { contents } = yaml.parseDocument(${JSON.stringify(job)}, { version: '1.2', schema: 'core', intAsBigInt: true, prettyErrors: false, lineCounter })
for (const { key, value } of contents.items) [yaml.isMap(value), yaml.isScalar(key), yaml.isAlias(key), yaml.isCollection(value), yaml.isNode(key), lineCounter.linePos(3)]
`
keepCompiled('yaml-reader', [file => execFileSync(process.execPath, ['-e', readJob(file)])])

// As is what sends requests, when there is one to send.
writeFileSync('dist/http.cjs', start('http-pool', ''))
const request = file => `
const Pool = require('./${file}')
const server = require('node:http').createServer((_, answer) => answer.end('{}')).listen(0, '127.0.0.1', () => {
  const end = () => process.exit(0)
  const handler = { onRequestStart() {}, onResponseStart() {}, onResponseData() {}, onResponseEnd: end, onResponseError: end }
  new Pool('http://127.0.0.1:' + server.address().port).dispatch({ path: '/', method: 'POST', body: '1' }, handler)
})
`
keepCompiled('http-pool', [file => execFileSync(process.execPath, ['-e', request(file)])])

// What editors complete and check job files with.
writeFileSync('dist/job.schema.json', execFileSync(process.execPath, ['dist/streamz.cjs', 'lint', '--schema']))

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
