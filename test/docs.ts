import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { takeTurn } from './helpers/cli.js'
import { serveExampleApi } from './helpers/example-api.js'
import { type Block, findBlocks, isLike, splitSteps } from './helpers/examples.js'
import { makeFolder } from './helpers/temporary-folder.js'

// Examples that are not run, each with its reason. The beginning of a command line is enough.
const skipped: readonly (readonly [begins: string, reason: string])[] = [
  ['npm ', 'installs, builds or runs these very tests'],
  ['git clone', 'needs the network'],
  ['streamz completion bash >>', 'changes the settings of a shell'],
]

// An example takes at most two seconds on an idle machine; this ends one that hangs.
const guard = 30_000

const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`)].filter(
  name => name.endsWith('.md'),
)
const commands = readdirSync(join(root, 'src/commands'))
  .filter(file => file.endsWith('.ts'))
  .map(file => basename(file, '.ts'))

let api: Awaited<ReturnType<typeof serveExampleApi>>
test.before(async () => {
  api = await serveExampleApi()
})
test.after.always(() => api.close())

for (const page of pages) {
  test(`${page}: its examples do what it says`, async t => {
    t.timeout(10 * guard)
    for (const block of findBlocks(read(page)))
      await runBlock(t, block, `${page}:${block.number}`, findJobs(read(page)))
    t.pass()
  })
}

for (const command of ['', ...commands]) {
  test(`streamz help ${command}: its examples run`, async t => {
    t.timeout(10 * guard)
    const { output } = await run(makeWorkplace(t), `streamz help ${command}`)
    const examples = /Examples:\n([\s\S]*?)\n\n/.exec(output)?.[1] ?? ''
    t.true(splitSteps(examples).length >= 1, output)
    for (const step of splitSteps(examples)) {
      await runBlock(t, { kind: 'sh', text: step.line, number: 0, output: undefined }, `streamz help ${command}`)
    }
  })
}

for (const command of commands) {
  test(`docs/${command}.md: there is a page, it names every option`, async t => {
    const { output } = await run(makeWorkplace(t), `streamz help ${command}`)
    const described = `${read(`docs/${command}.md`)}${read('docs/options.md')}`
    const options = [...output.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, long]) => long as string)
    t.true(options.length >= 1)
    t.deepEqual(
      options.filter(long => !new RegExp(`${long}(?![a-z-])`).test(described)),
      [],
    )
  })
}

test('the overview of streamz help names every command, and the README does', async t => {
  const { output } = await run(makeWorkplace(t), 'streamz help')
  const readme = read('README.md')
  for (const command of commands) {
    t.regex(output, new RegExp(`^  ${command} `, 'm'))
    t.true(readme.includes(`[\`${command}\`](docs/${command}.md)`), command)
  }
})

test('docs/exit-codes.md and docs/records.md name every exit code and every kind of failure', async t => {
  const { output } = await run(makeWorkplace(t), 'streamz help exit-codes')
  const codes = [...output.matchAll(/^ *(\d+)/gm)].map(([, code]) => code as string)
  t.true(codes.length > 8)
  const page = read('docs/exit-codes.md')
  for (const code of codes) t.regex(page, new RegExp(`\\b${code}\\b`))
  const { kinds } = await import('../src/core/failure.js')
  for (const kind of kinds) t.true(read('docs/records.md').includes(`\`${kind}\``), kind)
})

test('links between the pages lead somewhere', t => {
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
      t.notThrows(() => readFileSync(join(root, page, '..', target)), `${page} links to ${target}`)
    }
  }
})

test('an example that does something else than shown is found out', t => {
  t.true(isLike('pid 12 ended\n', 'pid … ended\n'))
  t.false(isLike('pid 12 died\n', 'pid … ended\n'))
  t.false(isLike('pid 1\n2 ended\n', 'pid … ended\n'))
  t.false(isLike('one\ntwo\n', 'one\n'))
  t.deepEqual(splitSteps('a |\n  b\n# note\nc # exits 65: full\n'), [
    { line: 'a |\n  b', exit: 0 },
    { line: 'c # exits 65: full', exit: 65 },
  ])
})

for (const [begins, reason] of skipped) {
  test(`examples that begin with "${begins}" are not run: ${reason}`, t => t.true(reason !== ''))
}

/** The job files of a page, by the names in their first lines. */
const findJobs = (markdown: string): ReadonlyMap<string, string> =>
  new Map(
    [...markdown.matchAll(/^```yaml\n# ([\w.-]+)\n([\s\S]*?)^```$/gm)].map(([, name = '', text = '']) => [name, text]),
  )

const read = (page: string) => readFileSync(join(root, page), 'utf8')

const runBlock = async (
  t: ExecutionContext,
  block: Block,
  where: string,
  jobs: ReadonlyMap<string, string> = new Map(),
) => {
  const folder = makeWorkplace(t)
  for (const [name, text] of jobs) writeFileSync(join(folder, name), text)
  const steps = block.kind === 'js' ? [{ line: 'node example.mjs', exit: 0 }] : splitSteps(block.text)
  if (block.kind === 'js') writeFileSync(join(folder, 'example.mjs'), block.text)
  let [printed, told] = ['', '']
  for (const { line, exit } of steps) {
    if (skipped.some(([begins]) => line.startsWith(begins))) return
    const { code, output, error } = await run(folder, line)
    t.is(code, exit, `${where}: ${line}\nit printed: ${output}\nand on stderr: ${error}`)
    printed += output
    told += error
  }
  if (block.output === undefined) return
  t.true(isLike(printed + told, block.output), `${where} shows\n${block.output}\nbut printed\n${printed}${told}`)
}

/** A folder as the reader of an example has it: the records, the programs, and `streamz` to be found. */
const makeWorkplace = (t: ExecutionContext): string => {
  const folder = makeFolder(t)
  for (const file of [
    'orders.ndjson',
    'prompts.ndjson',
    'visits.ndjson',
    'enrich.sh',
    'charge.sh',
    'job.yaml',
    'job.test.yaml',
  ]) {
    cpSync(join(root, 'test/fixtures', file), join(folder, file))
  }
  writeFileSync(join(folder, 'orders.ndjson.gz'), gzipSync(readFileSync(join(folder, 'orders.ndjson'))))
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/streamz-cli'))
  symlinkSync(join(root, 'dist/streamz.cjs'), join(folder, 'node_modules/.bin/streamz'))
  chmodSync(join(folder, 'enrich.sh'), 0o755)
  chmodSync(join(folder, 'charge.sh'), 0o755)
  return folder
}

const run = async (folder: string, line: string) => {
  const giveBack = await takeTurn()
  try {
    return await runNow(folder, line)
  } finally {
    giveBack()
  }
}

const runNow = (folder: string, line: string) =>
  new Promise<{ code: number | null; output: string; error: string }>((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', line], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PATH: [join(folder, 'node_modules/.bin'), process.env.PATH].join(delimiter),
        LC_ALL: 'C',
        NO_COLOR: '1',
        API: api.origin,
        KEY: 'Bearer secret',
      },
      detached: true,
    })
    const kill = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), guard)
    let [output, error] = ['', '']
    child.stdout.setEncoding('utf8').on('data', chunk => {
      output += chunk
    })
    child.stderr.setEncoding('utf8').on('data', chunk => {
      error += chunk
    })
    child.on('error', reject)
    child.on('close', code => {
      clearTimeout(kill)
      resolve({ code, output, error })
    })
  })
