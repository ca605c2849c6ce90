// Runs the tests on the oldest Node that is supported and on the newest of each later line. The npm package `node` brings
// them, into .cache/nodes. `--smoke` runs the few files below only; versions may be named: `npm run test:nodes -- 22 24`.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'

const versions = ['20.19.0', '22.23.3', '24.21.0', '26.10.0']

// A call of each way, a file that processes share, dead letters, compressed input, and the start from a cache of other code.
const smoke = [
  'commands/take',
  'commands/batch',
  'commands/throttle',
  'commands/breaker/state',
  'commands/map/http',
  'commands/map/js',
  'commands/map/worker',
  'gzip',
  'objects',
  'package',
].map(name => `build/test/${name}.js`)

const main = () => {
  process.chdir(resolve(import.meta.dirname, '..'))
  const words = process.argv.slice(2)
  const files = words.includes('--smoke') ? smoke : []
  const missing = files.filter(file => !existsSync(file))
  if (missing.length > 0) throw new Error(`No such tests: ${missing.join(', ')}; run: npm run build`)
  const lines = words.filter(word => word !== '--smoke')
  const chosen = lines.length === 0 ? versions : versions.filter(version => lines.some(line => isOf(version, line)))
  if (chosen.length === 0) throw new Error(`No Node of ${lines.join(', ')}: expected some of ${versions.join(', ')}`)

  const failed = chosen.filter(version => !passes(version, files))
  execFileSync(process.execPath, ['scripts/build.mjs'])
  for (const version of chosen) console.log(`node ${version}: ${failed.includes(version) ? 'failed' : 'passed'}`)
  process.exitCode = failed.length === 0 ? 0 : 1
}

const isOf = (version, line) => version === line || version.startsWith(`${line}.`)

const passes = (version, files) => {
  console.log(`node ${version}`)
  const node = bring(version)
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }
  const run = words => spawnSync(node, words, { stdio: 'inherit', env }).status === 0
  // Compiled code in dist/ is of one V8, so each version builds its own, as `npm ci` does for whoever uses it.
  return run(['scripts/build.mjs']) && run(['node_modules/ava/entrypoints/cli.mjs', ...files])
}

// The path of a `node` of this version, downloaded unless it is there.
const bring = version => {
  const folder = resolve('.cache/nodes', version)
  const node = join(folder, 'node_modules/node/bin/node')
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', `node@${version}`], { cwd: folder })
  }
  const found = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  if (found !== `v${version}`) throw new Error(`${node} is ${found}, expected v${version}`)
  return node
}

main()
