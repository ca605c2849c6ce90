import { type Kind, kinds } from '../../core/failure.js'
import { nearest } from '../help/nearest.js'
import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const wanted = 'kind, class, stage or status, then =VALUE:FILE'
const example = 'kind=timeout:slow.ndjson'

/** The fields by which failures can be routed. */
export const routeFields = ['kind', 'class', 'stage', 'status'] as const

export type RouteValue = { readonly field: (typeof routeFields)[number]; readonly value: string; readonly path: string }

/** The classes of failures. */
export const failureClasses = ['transient', 'throttled', 'permanent', 'input', 'fatal'] as const

/** The field, its value and the file of `kind=timeout:slow.ndjson`. Throws `InvalidValue`. */
export const route = valueParser({ wanted, example }, (text): RouteValue => {
  const [, name = '', value = '', path = ''] = /^(\w+)=([^:]+):(.+)$/s.exec(text) ?? []
  const field = routeFields.find(known => known === name)
  if (field === undefined) {
    throw new InvalidValue(text, 'is not a route', wanted, example)
  }
  if (field === 'kind') checkWord(value, kinds)
  if (field === 'class') checkWord(value, failureClasses)
  return { field, value, path }
})

const checkWord = (word: string, words: readonly (Kind | string)[]): void => {
  if (words.includes(word)) return
  const meant = nearest(word, words)
  const ending = meant === undefined ? undefined : `; did you mean ${meant}?`
  throw new InvalidValue(word, 'is not known', words.join(', '), words[0] ?? '', ending)
}
