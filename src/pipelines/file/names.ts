import type { Mistakes } from './mistakes.js'
import type { Node, Place } from './node.js'
import type { ValueReader } from './read-values.js'

/** Names steps and branches as they come: no two may have one name. */
export type Names = {
  readonly taken: Map<string, Pick<Named, 'what' | 'place'>>
  readonly counts: Map<string, number>
}

/** Whose name it is: `what` is its command, or the word branch. */
export type Named = { readonly what: string; readonly place: Place; readonly given: Node | undefined }

/** The given name, else `map`, `map-2`; undefined after a mistake. */
export const chooseName = (
  { what, place, given }: Named,
  { taken, counts }: Names,
  { reader, mistakes }: { readonly reader: ValueReader; readonly mistakes: Mistakes },
): string | undefined => {
  const count = (counts.get(what) ?? 0) + 1
  counts.set(what, count)
  const usual = count === 1 ? what : `${what}-${count}`
  const name = given === undefined ? usual : reader.text(given, `${what}: name`)
  if (name === undefined) return undefined
  const where = given?.place ?? place
  // The name of a branch can be that of a route.
  const isBranch = what === 'branch'
  if (!(isBranch ? /^[A-Za-z_][\w-]{0,99}$/ : /^[\w@%+-][\w.@%+-]{0,99}$/).test(name)) {
    mistakes.add(
      where,
      `${what}: name: give up to 100 letters, digits, ${isBranch ? '_ and -, a letter first' : '., _ and -'}`,
    )
    return undefined
  }
  const other = taken.get(name)
  if (other !== undefined) {
    const rest = `of line ${other.place.line} has the name ${name} too: give each a name of its own`
    mistakes.add(where, `${what}: the ${other.what === 'branch' ? 'branch' : 'step'} ${rest}`)
    return undefined
  }
  taken.set(name, { place: where, what })
  return name
}
