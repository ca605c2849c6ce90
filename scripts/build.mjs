// Builds `dist/` (what users run) and `build/` (every module by itself, for the tests).
import { chmodSync, readdirSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { build } from 'esbuild'

const target = 'node20.19'
const version = JSON.parse((await import('node:fs')).readFileSync('package.json', 'utf8')).version
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

// commander loads node:child_process at once, for a feature that is not used here: 3 ms of every start.
const lazyChildProcess = {
  name: 'lazy-child-process',
  setup(builder) {
    builder.onResolve({ filter: /^(node:)?child_process$/ }, ({ importer }) =>
      importer.includes('/commander/') ? { path: 'child_process', namespace: 'lazy' } : undefined,
    )
    builder.onLoad({ filter: /.*/, namespace: 'lazy' }, () => ({ contents: 'module.exports = {}' }))
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
  minifySyntax: true,
  plugins: [commandTable, lazyChildProcess],
  external: ['execa', 'undici', 'ndjson'],
  legalComments: 'none',
  // Used only where modules are ESM, in `build/`.
  logOverride: { 'empty-import-meta': 'silent' },
})
chmodSync('dist/streamz.cjs', 0o755)

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
