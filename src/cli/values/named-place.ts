import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const wanted = 'the NAME of a route, then =FILE or =| and a command'
const example = 'large=large.ndjson'

/** The name of a route and where its records go. */
export type NamedPlace = {
  readonly name: string
  readonly to: { readonly file: string } | { readonly command: string }
}

/** A name that a file name, a variable of a shell and `NAME=…` can hold. */
export const routeName = String.raw`[A-Za-z_][\w-]*`

/** The parts of `large=large.ndjson` and of `large=| gzip >large.gz`. Throws `InvalidValue`. */
export const namedPlace = valueParser({ wanted, example }, (text): NamedPlace => {
  const [, name = '', place = ''] = new RegExp(`^(${routeName})=(.+)$`, 's').exec(text) ?? []
  if (name === '') throw new InvalidValue(text, 'has no name before =', wanted, example)
  const command = /^\s*\|(.*)$/s.exec(place)?.[1]
  if (command === undefined) return { name, to: { file: place } }
  if (command.trim() === '') throw new InvalidValue(text, 'has no command after |', wanted, "large='| gzip >large.gz'")
  return { name, to: { command } }
})
