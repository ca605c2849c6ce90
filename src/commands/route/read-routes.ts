import { nearest } from '../../cli/help/nearest.js'
import { value } from '../../cli/option.js'
import { UsageError } from '../../cli/usage-error.js'
import { expression } from '../../cli/values/expression.js'
import { type NamedPlace, routeName } from '../../cli/values/named-place.js'
import type { Expression } from '../../core/expressions/parse.js'

/** A route of the command line: `NAME=EXPR` and its `--to`. */
export type GivenRoute = NamedPlace & { readonly expression: Expression }

/** Separates routes from FILEs; a FILE with such a name is written `./NAME=…`. Throws a UsageError. */
export const readRoutes = (
  words: readonly string[],
  places: readonly NamedPlace[],
): { readonly routes: readonly GivenRoute[]; readonly files: readonly string[] } => {
  const given = words.map(word => new RegExp(`^(${routeName})=(.*)$`, 's').exec(word) ?? word)
  const routes = given.filter(one => typeof one !== 'string')
  const files = given.filter(one => typeof one === 'string')
  if (routes.length === 0) {
    throw new UsageError(`No NAME=EXPR was given; example: streamz route large='.amount > 100' orders.ndjson`)
  }
  refuseSplit(files)
  const names = routes.map(([, name = '']) => name)
  refuseTwice(names, 'is the name of two routes')
  refuseTwice(
    places.map(({ name }) => name),
    'has two --to options',
  )
  for (const { name } of places) refuseUnknown(name, names)
  return {
    files,
    routes: routes.map(([, name = '', text = '']) => ({
      name,
      expression: value(name, expression)(text),
      to: places.find(place => place.name === name)?.to ?? { file: `${name}.ndjson` },
    })),
  }
}

const refuseTwice = (names: readonly string[], what: string): void => {
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) throw new UsageError(`${twice} ${what}; use different names`)
}

const refuseUnknown = (name: string, names: readonly string[]): void => {
  if (names.includes(name)) return
  const meant = nearest(name, names)
  throw new UsageError(
    `--to: there is no route ${name}${meant === undefined ? `, only ${names.join(', ')}` : `; did you mean ${meant}?`}`,
  )
}

/** Refuses an expression that the shell has split into words because it was not quoted. */
const refuseSplit = (files: readonly string[]): void => {
  const operator = files.find(
    (file, index) => /^(?:[=!<>]=?|=~|!~|&&|\|\|)$/.test(file) || (file === 'in' && files[index + 1]?.startsWith('[')),
  )
  if (operator === undefined) return
  throw new UsageError(
    `NAME=EXPR must be one word; put EXPR in single quotes: large='.amount > 100'; ${operator} is a word of its own`,
  )
}
