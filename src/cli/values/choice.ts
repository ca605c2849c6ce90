import { nearest } from '../help/nearest.js'
import { InvalidValue } from './invalid-value.js'

/** A parser that says which words it takes, for completion. */
export type Choice<Value> = ((text: string) => Value) & { readonly words: readonly string[] }

/** Makes a parser that takes one of these words. The parser throws `InvalidValue`, which names the word that was probably meant. */
export const choice = <Word extends string>(words: readonly Word[]): Choice<Word> => {
  const parse = (text: string): Word => {
    const found = words.find(word => word === text)
    if (found !== undefined) return found
    const meant = nearest(text, words)
    const ending = meant === undefined ? '' : `; did you mean ${meant}?`
    throw new InvalidValue(text, 'is not known', list(words), meant ?? words[0] ?? '', ending)
  }
  return Object.assign(parse, { words })
}

/** The same for several of the words, with commas between. */
export const choices = <Word extends string>(words: readonly Word[]): Choice<readonly Word[]> => {
  const one = choice(words)
  return Object.assign((text: string) => text.split(',').map(one), { words })
}

const list = (words: readonly string[]) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
