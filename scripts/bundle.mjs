// How the program becomes one file.
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { build } from 'esbuild'

const target = 'node20.19'
const version = JSON.parse(readFileSync('package.json', 'utf8')).version

/** What every build replaces and aims at. */
export const common = { platform: 'node', target, define: { __VERSION__: JSON.stringify(version) } }

// The table of subcommands is the listing of their folder: nobody keeps it by hand. A command is evaluated when it is asked for.
const commandTable = {
  name: 'command-table',
  setup(builder) {
    builder.onResolve({ filter: /^streamz:commands$/ }, () => ({ path: 'commands', namespace: 'table' }))
    builder.onLoad({ filter: /.*/, namespace: 'table' }, () => {
      const entries = readdirSync('src/commands')
        .filter(file => file.endsWith('.ts'))
        .map(file => `${JSON.stringify(basename(file, '.ts'))}: () => require('./src/commands/${file}')`)
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

// A hundred files of a package as one, beside the program: loaded when a job file is read, and when a request is sent.
const packagesApart = {
  name: 'packages-apart',
  setup(builder) {
    builder.onResolve({ filter: /^yaml$/ }, () => ({ path: './yaml.cjs', external: true }))
    builder.onResolve({ filter: /^undici\/lib\/dispatcher\/pool\.js$/ }, () => ({ path: './http.cjs', external: true }))
  },
}

// undici does without HTTP/2 where Node lacks it, and we never ask for it: a third of the time that loading would take.
const withoutHttp2 = {
  name: 'without-http2',
  setup(builder) {
    builder.onResolve({ filter: /^node:http2$/ }, () => ({ path: 'http2', namespace: 'none' }))
    builder.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'module.exports = { constants: {} }' }))
    // For bodies that are forms and streams.
    builder.onResolve({ filter: /\/fetch\/body\.js$/ }, () => ({
      path: 'undici/lib/web/fetch/body.js',
      external: true,
    }))
  },
}

const bundle = options =>
  build({
    ...common,
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    // Names and white space cost a fiftieth of every start. The same sources give the same bytes, so that a stack
    // is read with a map made afterwards: `scripts/read-stack.mjs`.
    minify: true,
    plugins: [packagesApart, commandTable, lazyModules],
    external: [
      '@datadog/sketches-js',
      'ajv',
      'ajv-formats',
      'execa',
      'undici',
      'ndjson',
      // Installed by who has such a server.
      'ioredis',
      '@nats-io/transport-node',
      '@nats-io/jetstream',
      '@nats-io/kv',
    ],
    legalComments: 'none',
    // Used only where modules are ESM, in `build/`.
    logOverride: { 'empty-import-meta': 'silent' },
    ...options,
  })

// A function of what a module is given.
const compiledApart = {
  banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
  footer: { js: '})' },
}

/** All commands in one file: a function of what a module is given, which `streamz.cjs` compiles and calls. */
export const bundleProgram = options =>
  bundle({
    ...compiledApart,
    entryPoints: { program: 'bin/streamz.ts' },
    // Code that was compiled before cannot import, but require does the same since Node 20.19.
    supported: { 'dynamic-import': false },
    ...options,
  })

/** What reads job files: the package, in one file of the same kind. */
export const bundleYaml = () =>
  bundle({ ...compiledApart, entryPoints: { 'yaml-reader': 'node_modules/yaml/dist/index.js' }, plugins: [] })

/** What sends requests: undici's pool, in one file of the same kind. */
export const bundleHttp = () =>
  bundle({
    ...compiledApart,
    entryPoints: { 'http-pool': 'node_modules/undici/lib/dispatcher/pool.js' },
    plugins: [withoutHttp2, lazyModules],
  })

/** The code of worker threads, which is loaded by its path. */
export const bundleThread = options =>
  bundle({ entryPoints: { 'script-thread': 'src/calls/script/script-thread.ts' }, ...options })
