import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { serveExampleApi } from './helpers/example-api.js'
import { findBlocks, isLike, splitSteps } from './helpers/examples.js'
import { createExamples, makeWorkplace } from './helpers/run-examples.js'

// Examples that are not run, each with its reason. The beginning of a command line is enough.
const skipped: readonly (readonly [begins: string, reason: string])[] = [
  ['npm ', 'installs, builds or runs these very tests'],
  ['git clone', 'needs the network'],
  ['streamz completion bash >>', 'changes the settings of a shell'],
]

// Pages whose examples need a server: `npm run test:hosts` runs them.
const elsewhere = ['docs/several-hosts.md']

const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`)].filter(
  name => name.endsWith('.md'),
)
const commands = readdirSync(join(root, 'src/commands'))
  .filter(file => file.endsWith('.ts'))
  .map(file => basename(file, '.ts'))

let api: Awaited<ReturnType<typeof serveExampleApi>>
let { run, runBlock } = createExamples({}, skipped)
test.before(async () => {
  api = await serveExampleApi()
  ;({ run, runBlock } = createExamples({ API: api.origin, KEY: 'Bearer secret' }, skipped))
})
test.after.always(() => api.close())

for (const page of pages.filter(name => !elsewhere.includes(name))) {
  test(`${page}: its examples do what it says`, async t => {
    t.timeout(300_000)
    const jobs = findJobs(read(page))
    for (const block of findBlocks(read(page))) await runBlock(t, block, `${page}:${block.number}`, jobs)
    t.pass()
  })
}

for (const command of ['', ...commands]) {
  test(`streamz help ${command}: its examples run`, async t => {
    t.timeout(300_000)
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
