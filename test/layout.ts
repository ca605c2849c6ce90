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
      'src/processors/b.ts': `import { x } from '../core/x.js'\nimport type { a } from './a.js'`,
      'src/calls/call.ts': '',
      'src/core/x.ts': `import { open } from 'node:fs'`,
    }
    const there = ['test/commands/a.ts', 'test/commands/a/flags.ts', 'docs/a.md']
    const find = (sources: Planted) => findViolations(new Map(Object.entries(sources)), file => there.includes(file))
    t.deepEqual(find(sound), [])
    t.deepEqual(find({ ...sound, ...files }), wanted)
  },
})

test('a processor that imports cli', planted, { 'src/processors/b.ts': `import { run } from '../cli/printer.js'` }, [
  'src/processors/b.ts of processors imports src/cli/printer.ts of cli',
])
test(
  'a type that points the wrong way',
  planted,
  { 'src/calls/call.ts': `import type { A } from '../processors/a.js'` },
  ['src/calls/call.ts of calls imports src/processors/a.ts of processors'],
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
test('an import of what is not there', planted, { 'src/core/x.ts': `import { y } from './y.js'` }, [
  'src/core/x.ts imports ./y.js, which is no source',
])
test('a cycle', planted, { 'src/processors/b.ts': `import { a } from './a.js'` }, [
  'Cycle: src/processors/a.ts -> src/processors/b.ts -> src/processors/a.ts',
])
test('a command without its test, its flags and its page', planted, { 'src/commands/c.ts': '' }, [
  'src/commands/c.ts has no test/commands/c.ts',
  'src/commands/c.ts has no test/commands/c/flags.ts',
  'src/commands/c.ts has no docs/c.md',
])
test('a processor that nobody imports', planted, { 'src/processors/c.ts': '' }, [
  'src/processors/c.ts is imported by nobody',
])
