import { type Path, parsePath } from '../json/path.js'

/** One figure of a window: `{name: 'p95', is: 'percentile', path: .ms, quantile: 0.95}`. */
export type AggregateSpec = { readonly name: string } & (
  | { readonly is: 'count' }
  | { readonly is: ValueAggregate; readonly path: Path }
  | { readonly is: 'percentile'; readonly path: Path; readonly quantile: number }
)

type ValueAggregate = (typeof valueAggregates)[number]

const valueAggregates = ['sum', 'avg', 'min', 'max', 'first', 'last', 'distinct'] as const

/** The names of all functions, for suggestions. */
export const aggregateNames: readonly string[] = ['count', ...valueAggregates, 'p50', 'p95', 'p99']

/** A function that does not exist. */
export class UnknownAggregate extends RangeError {
  constructor(readonly given: string) {
    super(`${given} is not a function: write one of ${aggregateNames.join(', ')}`)
  }
}

/** Reads `n=count, sum=sum(.amount), p95=p95(.ms)`. Throws a RangeError that says what is wrong. */
export const parseAggregates = (text: string): readonly AggregateSpec[] => {
  const specs = Array.from(text.matchAll(pieces), ([, piece = '']) => parseOne(piece.trim()))
  for (const [index, { name }] of specs.entries()) {
    if (reserved.includes(name))
      throw new RangeError(`"${name}" names a field that every window has: choose another name`)
    if (specs.findIndex(other => other.name === name) < index) throw new RangeError(`"${name}" is given twice`)
  }
  return specs
}

const reserved = ['window', 'key', 'partial']

// A comma in a quoted key divides nothing.
const pieces = /(?:^|,)((?:"(?:[^"\\]|\\.)*"|[^,"]|")*)/g

const parseOne = (piece: string): AggregateSpec => {
  const { name, called, argument } = shape.exec(piece)?.groups ?? {}
  if (name === undefined || called === undefined) {
    throw new RangeError(`${JSON.stringify(piece)} is not NAME=FUNCTION(PATH), such as total=sum(.amount) or n=count`)
  }
  if (called === 'count') {
    if (argument !== undefined) throw new RangeError('count takes no field: it counts records, as in n=count')
    return { name, is: 'count' }
  }
  const percent = /^p(\d{1,3}(?:\.\d+)?)$/.exec(called)?.[1]
  const is = valueAggregates.find(known => known === called)
  if (percent !== undefined && Number(percent) > 100) throw new RangeError(`${called} is more than p100`)
  if (percent === undefined && is === undefined) throw new UnknownAggregate(called)
  if (argument === undefined || argument.trim() === '') {
    throw new RangeError(`${called} needs a field, as in ${name}=${called}(.amount)`)
  }
  const path = parsePath(argument.trim())
  if (percent !== undefined) return { name, is: 'percentile', path, quantile: Number(percent) / 100 }
  return { name, is: is as ValueAggregate, path }
}

const shape = /^(?<name>[A-Za-z_][\w-]*)\s*=\s*(?<called>[A-Za-z_][\w.]*)\s*(?:\((?<argument>.*)\))?$/su
