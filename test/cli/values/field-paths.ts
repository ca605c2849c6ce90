import test from 'ava'
import { fieldPaths } from '../../../src/cli/values/field-paths.js'

const segments = (text: string) => fieldPaths(text).map(path => path.segments)

test('a path, or several with commas; a comma in quotes belongs to a key', t => {
  t.deepEqual(segments('.user.id'), [['user', 'id']])
  t.deepEqual(segments('.a,.b[0],c'), [['a'], ['b', 0], ['c']])
  t.deepEqual(segments('."a,b",.["c,\\"d"]'), [['a,b'], ['c,"d']])
  t.deepEqual(
    fieldPaths('.a,.b').map(path => path.text),
    ['.a', '.b'],
  )
})

for (const text of ['', '.a,', ',.a', '.a,,.b', '.a b', '."a,.b'])
  test(`no paths: ${JSON.stringify(text)}`, t => t.throws(() => fieldPaths(text), { instanceOf: RangeError }))

test('the same field twice is a mistake', t => {
  t.throws(() => fieldPaths('.a,.b,."a"'), { message: /"a" occurs twice/ })
})
