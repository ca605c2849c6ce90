import test from 'ava'
import { findViolations, readSources } from './helpers/layers.js'

test('imports point right, nothing is in a circle, nothing is left lying about', t => {
  const sources = readSources()
  t.true(sources.size > 50)
  t.deepEqual(findViolations(sources), [])
})

type Planted = Readonly<Record<string, string>>

/** Violations that were not there before these files were added to a sound project. */
const planted = test.macro({
  title: (name = '') => `layout finds ${name}`,
  exec(t, files: Planted, wanted: readonly string[]) {
    const sound: Planted = {
      'src/commands/a.ts': `import { run } from '../cli/printer.js'\nimport { a } from '../processors/a.js'`,
      'src/cli/printer.ts': `import { x } from '../core/x.js'`,
      'src/processors/a.ts': `import { b } from './b.js'\nimport type { Call } from '../calls/call.js'`,
      'src/processors/b.ts': `import { x } from '../core/x.js'`,
      'src/calls/call.ts': '',
      'src/core/x.ts': `import { open } from 'node:fs'`,
    }
    const there = ['test/commands/a.ts', 'test/commands/a/flags.ts', 'docs/a.md']
    const find = (sources: Planted) => findViolations(new Map(Object.entries(sources)), file => there.includes(file))
    t.deepEqual(find(sound), [])
    t.deepEqual(find({ ...sound, ...files }), wanted)
  },
})

const numbered = (count: number, name: (n: number) => string): Planted =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [name(n), '']))

test('folders of one file per thing may hold any number, and every command exports the same name', t => {
  const commands = numbered(21, n => `src/commands/${n}.ts`)
  const sources = Object.fromEntries(Object.keys(commands).map(file => [file, 'export const define = 1']))
  t.deepEqual(
    findViolations(new Map(Object.entries(sources)), () => true),
    [],
  )
})

test('a processor that imports cli', planted, { 'src/processors/b.ts': `import { run } from '../cli/printer.js'` }, [
  'src/processors/b.ts of processors imports src/cli/printer.ts of cli',
])
test(
  'a type that points the wrong way',
  planted,
  { 'src/calls/call.ts': `import type { A } from '../processors/a.js'` },
  [
    'src/calls/call.ts of calls imports src/processors/a.ts of processors',
    'Cycle: src/processors/a.ts -> src/calls/call.ts -> src/processors/a.ts',
  ],
)
test('an import over several lines', planted, { 'src/calls/call.ts': `import {\n  run,\n} from '../cli/printer.js'` }, [
  'src/calls/call.ts of calls imports src/cli/printer.ts of cli',
])
test('a lazy import', planted, { 'src/calls/call.ts': `const load = () => import('../cli/printer.js')` }, [
  'src/calls/call.ts of calls imports src/cli/printer.ts of cli',
])
test('an export that passes on', planted, { 'src/core/x.ts': `export { run } from '../cli/printer.js'` }, [
  'src/core/x.ts of core imports src/cli/printer.ts of cli',
  'Cycle: src/cli/printer.ts -> src/core/x.ts -> src/cli/printer.ts',
])
test('a package in core', planted, { 'src/core/x.ts': `import chalk from 'chalk'` }, [
  'src/core/x.ts of core imports the package chalk',
])
test('an import of a missing file', planted, { 'src/core/x.ts': `import { y } from './y.js'` }, [
  'src/core/x.ts imports ./y.js, which is no source',
])
test('a cycle', planted, { 'src/processors/b.ts': `import { a } from './a.js'` }, [
  'Cycle: src/processors/a.ts -> src/processors/b.ts -> src/processors/a.ts',
])
test('a cycle of types', planted, { 'src/processors/b.ts': `import type { a } from './a.js'` }, [
  'Cycle: src/processors/a.ts -> src/processors/b.ts -> src/processors/a.ts',
])
test(
  'a folder with too many files',
  planted,
  numbered(21, n => `src/calls/http/${n}.ts`),
  ['src/calls/http holds 21 files, more than 20: divide it into rooms'],
)
test(
  'a name with two meanings',
  planted,
  { 'src/core/y.ts': 'export const gate = 1', 'src/calls/call.ts': 'export type gate = string' },
  ['gate is exported by src/calls/call.ts and src/core/y.ts'],
)
test('a command without its test, its flags and its page', planted, { 'src/commands/c.ts': '' }, [
  'src/commands/c.ts has no test/commands/c.ts',
  'src/commands/c.ts has no test/commands/c/flags.ts',
  'src/commands/c.ts has no docs/c.md',
])
test('a processor that is never imported', planted, { 'src/processors/c.ts': '' }, [
  'src/processors/c.ts is imported by nobody',
])
