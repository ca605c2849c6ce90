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
    const result = await updateExpected(suite(from), new Map([[1, lines]]))
    t.is(result.text, suite(to ?? from))
    t.deepEqual([...result.updated], to === undefined ? [] : [1])
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
  t.deepEqual(await updateExpected(text, new Map([[0, ['2']]])), { text, updated: new Set() })
})
