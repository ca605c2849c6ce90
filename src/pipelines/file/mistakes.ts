import { UsageError } from '../../cli/usage-error.js'
import type { Place } from './node.js'

/** What is wrong with a file, each with its place; all of it is told at once. */
export type Mistakes = {
  /** Notes a mistake: what is wrong, and what is allowed. */
  add(place: Place, message: string): void
  /** How many were found so far. */
  readonly count: number
  /** Throws a `UsageError` that names all of them, in the order of the file. */
  throwIfAny(): void
}

export const createMistakes = (file: string): Mistakes => {
  const found: { readonly place: Place; readonly message: string }[] = []
  let count = 0
  return {
    add(place, message) {
      count++
      const isKnown = found.some(one => one.message === message && one.place.line === place.line)
      if (!isKnown) found.push({ place, message })
    },
    get count() {
      return count
    },
    throwIfAny() {
      if (found.length === 0) return
      const lines = found
        .toSorted((one, other) => one.place.line - other.place.line || one.place.column - other.place.column)
        .map(({ place, message }) => `${file}:${place.line}:${place.column}: ${message}`)
      const rest = lines.length - maxTold
      throw new UsageError([...lines.slice(0, maxTold), ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n'))
    },
  }
}

const maxTold = 20
