import { nearest } from '../help/nearest.js'
import { InvalidValue } from './invalid-value.js'
import { type ValueParser, valueParser } from './value-parser.js'

/** Makes a parser that takes one of these words. The parser throws `InvalidValue`, which names the word that was probably meant. */
export const choice = <Word extends string>(words: readonly Word[]): ValueParser<Word> =>
  valueParser({ wanted: list(words), example: words[0] ?? '', words }, text => {
    const found = words.find(word => word === text)
    if (found !== undefined) return found
    const meant = nearest(text, words)
    const ending = meant === undefined ? '' : `; did you mean ${meant}?`
    throw new InvalidValue(text, 'is not known', list(words), meant ?? words[0] ?? '', ending)
  })

/** The same for several of the words, separated by commas. */
export const choices = <Word extends string>(words: readonly Word[]): ValueParser<readonly Word[]> => {
  const one = choice(words)
  return valueParser({ wanted: `${list(words)}, separated by commas`, example: words[0] ?? '', words }, text =>
    text.split(',').map(one),
  )
}

const list = (words: readonly string[]) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
