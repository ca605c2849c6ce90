// Builds `dist/` (what users run and import) and `build/` (every module by itself, for the tests).
// The declarations in `dist/types` are made by `tsc -p tsconfig.build.json`, which takes longer.
import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { build } from 'esbuild'

const target = 'node20.19'
const version = JSON.parse(readFileSync('package.json', 'utf8')).version
const define = { __VERSION__: JSON.stringify(version) }

// The table of subcommands is the listing of their folder: nobody keeps it by hand.
const commandTable = {
  name: 'command-table',
  setup(builder) {
    builder.onResolve({ filter: /^streamz:commands$/ }, () => ({ path: 'commands', namespace: 'table' }))
    builder.onLoad({ filter: /.*/, namespace: 'table' }, () => {
      const names = readdirSync('src/commands').map(file => basename(file, '.ts'))
      const entries = names.map(name => `${JSON.stringify(name)}: () => require('./src/commands/${name}.ts')`)
      return { contents: `export const commands = {${entries.join(',\n')}}`, resolveDir: process.cwd() }
    })
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

await build({
  // The code of worker threads is loaded by its path.
  entryPoints: { streamz: 'bin/streamz.ts', 'script-thread': 'src/calls/script-thread.ts' },
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
  plugins: [commandTable, lazyModules],
  external: ['execa', 'undici', 'ndjson'],
  legalComments: 'none',
  // Used only where modules are ESM, in `build/`.
  logOverride: { 'empty-import-meta': 'silent' },
})
chmodSync('dist/streamz.cjs', 0o755)

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
