// Builds `dist/` (what users run and import) and `build/` (every module by itself, for the tests).
// The declarations in `dist/types` are made by `tsc -p tsconfig.build.json`, which takes longer.
import { execFile } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const target = 'node20.19'
const version = JSON.parse(readFileSync('package.json', 'utf8')).version
const define = { __VERSION__: JSON.stringify(version) }

// The table of subcommands is the listing of their folder: nobody keeps it by hand.
const commands = readdirSync('src/commands')
  .filter(file => file.endsWith('.ts'))
  .map(file => basename(file, '.ts'))
const commandTable = names => ({
  name: 'command-table',
  setup(builder) {
    builder.onResolve({ filter: /^streamz:commands$/ }, () => ({ path: 'commands', namespace: 'table' }))
    builder.onLoad({ filter: /.*/, namespace: 'table' }, () => {
      const entries = names.map(name => `${JSON.stringify(name)}: () => require('./src/commands/${name}.ts')`)
      return { contents: `export const commands = {${entries.join(',\n')}}`, resolveDir: process.cwd() }
    })
  },
})

// Help, completion and guesses are for whoever names no command.
const noTopLevel = {
  name: 'no-top-level',
  setup(builder) {
    builder.onLoad({ filter: /\/cli\/help\/top-level\.ts$/ }, () => ({ contents: 'export {}' }))
  },
}

// Modules that cost up to 4 ms of every start, and that most runs never use, are loaded when something of them is used.
const rarelyUsed = ['node:child_process', 'node:crypto', 'node:net', 'node:os', 'node:tty', 'node:zlib', 'chalk']
const lazyModules = {
  name: 'lazy-modules',
  setup(builder) {
    builder.onResolve({ filter: /.*/ }, ({ path, namespace }) => {
      if (namespace === 'lazy') return undefined
      const name = rarelyUsed.find(module => module === path || module === `node:${path}`)
      return name === undefined ? undefined : { path: name, namespace: 'lazy' }
    })
    builder.onLoad({ filter: /.*/, namespace: 'lazy' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter(name => name !== 'default')
      const getters = names.map(name => `get ${name}() { return require(${JSON.stringify(path)}).${name} }`)
      return { contents: `module.exports = {${getters.join(',\n')}}`, resolveDir: process.cwd() }
    })
  },
}

rmSync('dist', { recursive: true, force: true })
rmSync('build', { recursive: true, force: true })

const bundle = (entryPoints, plugins, supported = { 'dynamic-import': false }) =>
  build({
    entryPoints,
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target,
    define,
    // Half the bytes to read and parse at every start; the map beside it reads the stack of a bug report.
    minify: true,
    sourcemap: 'external',
    plugins: [...plugins, lazyModules],
    external: ['execa', 'undici', 'ndjson'],
    legalComments: 'none',
    // Code that was compiled before cannot import, but require does the same since Node 20.19.
    supported,
    // Used only where modules are ESM, in `build/`.
    logOverride: { 'empty-import-meta': 'silent' },
  })

// A file for each command: parsing them all would be a third of a start.
await Promise.all([
  ...commands.map(name => bundle({ [`command-${name}`]: 'bin/streamz.ts' }, [commandTable([name]), noTopLevel])),
  bundle({ 'all-commands': 'bin/streamz.ts' }, [commandTable(commands)]),
  // The code of worker threads is loaded by its path.
  bundle({ 'script-thread': 'src/calls/script/script-thread.ts' }, [], {}),
])
// What is run: the file of the command, with what V8 has compiled of it before, a tenth of a start. Compiled code of another
// version of Node is refused by V8, and the text is compiled as ever.
const start = atExit => `'use strict'
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')
const own = ${JSON.stringify(commands)}.includes(process.argv[2])
const name = own ? 'command-' + process.argv[2] : 'all-commands'
const path = __dirname + '/' + name + '.cjs'
let cachedData
try {
  cachedData = readFileSync(__dirname + '/' + name + '.cache')
} catch {}
const text = '(function (exports, require, module, __filename, __dirname) {' + readFileSync(path, 'utf8').replace('#!', '//') + '\\n})'
const script = new Script(text, { filename: path, cachedData })
${atExit}script.runInThisContext()(exports, require, module, path, __dirname)
`
writeFileSync('dist/streamz.cjs', `#!/usr/bin/env node\n${start('')}`)
chmodSync('dist/streamz.cjs', 0o755)
const keep =
  "process.on('exit', () => require('node:fs').writeFileSync(__dirname + '/' + name + '.cache', script.createCachedData()))\n"
writeFileSync('dist/keep-compiled.cjs', start(keep))
const run = promisify(execFile)
await Promise.all(
  [...commands.map(name => [name, '--help']), ['help']].map(words =>
    run(process.execPath, ['dist/keep-compiled.cjs', ...words]),
  ),
)
rmSync('dist/keep-compiled.cjs')

await build({
  entryPoints: { index: 'src/index.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target,
  packages: 'external',
  legalComments: 'none',
})

const sources = folder =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map(file => `${folder}/${file}`)
await build({
  entryPoints: [...sources('src'), ...sources('test'), ...sources('bench')].filter(file => file !== 'src/main.ts'),
  outdir: 'build',
  outbase: '.',
  platform: 'node',
  format: 'esm',
  target,
  define,
  sourcemap: 'inline',
})
