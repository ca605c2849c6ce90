import test from 'ava'
import { nearest } from '../../../src/cli/help/nearest.js'
import fc from '../../helpers/fast-check.js'

const commands = ['throttle', 'batch', 'unbatch', 'map', 'breaker', 'dlq', 'take', 'skip', 'filter']

const finds = test.macro({
  title: (_, word: string, meant: string | undefined) => `${JSON.stringify(word)} is near ${meant ?? 'nothing'}`,
  exec: (t, word: string, meant: string | undefined) => t.is(nearest(word, commands), meant),
})

test(finds, 'throtle', 'throttle')
test(finds, 'htrottle', 'throttle')
test(finds, 'throttel', 'throttle')
test(finds, 'Batch', 'batch')
test(finds, 'bacth', 'batch')
test(finds, 'thro', 'throttle')
test(finds, 'br', 'breaker')
test(finds, 'mpa', 'map')
test(finds, 'dql', 'dlq')
test(finds, 'tkae', 'take')
test(finds, 'tore', 'take')
test(finds, 'cup', undefined)
test(finds, 'xyz', undefined)
test(finds, '', undefined)
test(finds, 't', undefined)

test('a word with one edit is found among words far apart', t => {
  const edits = fc.record({ at: fc.nat(8), letter: fc.constantFrom(...'abcxyz'), kind: fc.constantFrom(0, 1, 2, 3) })
  fc.assert(
    fc.property(fc.constantFrom('throttle', 'debounce', 'partition'), edits, (word, { at, letter, kind }) => {
      const index = Math.min(at, word.length - 2)
      const [left, here, next, right] = [word.slice(0, index), word[index], word[index + 1], word.slice(index + 2)]
      const middle = [`${next}${here}`, `${letter}${next}`, `${next}`, `${here}${letter}${next}`][kind]
      t.is(nearest(`${left}${middle}${right}`, ['throttle', 'debounce', 'partition']), word)
    }),
  )
})
