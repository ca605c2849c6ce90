import test from 'ava'
import { updateExpected } from '../../../src/pipelines/testing/update-expected.js'

const suite = (output: string) => `# what the job is for
tests:
  - name: x   # a name
    expect: {exit: 1}
  - expect:
      # before
      output:${output}
      exit: 0   # after
`

const updated = test.macro({
  title: (what = '') => `${what} are replaced, and all else stays`,
  async exec(t, from: string, lines: readonly string[], to: string | undefined) {
    const result = await updateExpected(suite(from), [{ test: 1, lines }])
    t.is(result.text, suite(to ?? from))
    t.is(result.updated, to === undefined ? 0 : 1)
  },
})

const block = (...lines: string[]) => lines.map(line => `\n        - ${line}`).join('')

test('a number', updated, ' 3 # lines', ['a', 'b'], ' 2 # lines')
test('one line', updated, " '1'", ['2', '3'], " ['2', '3']")
test('lines in brackets', updated, ' [\'1\', "2", 3]', ['1', 'b', '3'], " ['1', 'b', 3]")
test('more lines in brackets', updated, " ['1' ]", ['1', "it's"], " ['1', 'it''s' ]")
test('fewer lines in brackets', updated, " ['1', '2', '3']", ['1'], " ['1']")
test('no lines in brackets', updated, " ['1', '2']", [], ' []')
test('empty brackets', updated, ' []', ['{"a":1}'], ` ['{"a":1}']`)
test('lines', updated, block("'1' # one", "'2'"), ['1', '3'], block("'1' # one", "'3'"))
test('more lines', updated, block("'1' # one"), ['1', '2', '3'], block("'1' # one", "'2'", "'3'"))
test('fewer lines', updated, block("'1' # one", "'2'", "'3' # three"), ['9'], block("'9' # one"))
test('no lines', updated, block("'1'", "'2'"), [], ' []')
test('lines with a comment before them', updated, ` # why${block("'1'")}`, [], undefined)

test('an alias stays', async t => {
  const text = "a: &a ['1']\ntests:\n  - expect: {output: *a}\n"
  t.deepEqual(await updateExpected(text, [{ test: 0, lines: ['2'] }]), { text, updated: 0 })
})

test('lines of branches are replaced beside those of the job', async t => {
  const text = "tests:\n  - expect:\n      output: ['1']\n      outputs: {a: 1, b: ['x', 'y']}\n"
  const found = [
    { test: 0, lines: ['2'] },
    { test: 0, branch: 'b', lines: ['z'] },
    { test: 0, branch: 'a', lines: ['v', 'w'] },
  ]
  t.deepEqual(await updateExpected(text, found), {
    text: "tests:\n  - expect:\n      output: ['2']\n      outputs: {a: 2, b: ['z']}\n",
    updated: 3,
  })
})
