import { copyFileSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import test from 'ava'
import { streamz } from './helpers/cli.js'
import { makeFiles } from './helpers/job.js'
import { listJobExamples } from './helpers/job-examples.js'

const suites = resolve('test/fixtures/recipes')
const recipes = listJobExamples().filter(({ place }) => basename(place) === 'recipes.md')
const nameOf = (text: string): string => /^# ([\w-]+)\.yaml\n/.exec(text)?.[1] ?? 'a recipe without a name'

test('each recipe that is a job has tests, and passes them', async t => {
  t.true(recipes.length > 0)
  const names = recipes.map(({ text }) => nameOf(text))
  const cwd = makeFiles(t, Object.fromEntries(recipes.map(({ text }) => [`${nameOf(text)}.yaml`, text])))
  for (const name of names) copyFileSync(join(suites, `${name}.test.yaml`), join(cwd, `${name}.test.yaml`))
  const { stdout, stderr, exitCode } = await streamz(t, ['test', ...names.map(name => `${name}.test.yaml`)], { cwd })
  t.deepEqual([stderr, exitCode], ['', 0], String(stdout))
})

test('the tests of the main job pass', async t => {
  const { stdout, exitCode } = await streamz(t, ['test', join(suites, 'main-job.test.yaml')])
  t.is(exitCode, 0, String(stdout))
})

test('a recipe that is changed does not pass its tests', async t => {
  const [limited] = recipes
  const text = limited?.text.replace('retries: 2', 'retries: 1') ?? ''
  const suite = readFileSync(join(suites, 'limited-calls.test.yaml'), 'utf8')
  const cwd = makeFiles(t, { 'limited-calls.yaml': text, 'limited-calls.test.yaml': suite })
  const { stdout, exitCode } = await streamz(t, ['test', 'limited-calls.test.yaml'], { cwd })
  t.is(exitCode, 1)
  t.regex(String(stdout), /attempts: expected 3, got 2/)
})
