import { realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Where the files of a schema are, and by which addresses they may be referred to. */
export type SchemaFolder = {
  /** The address of a file that has none of its own. */
  addressOf(path: string): string
  /** The files beside this one may also be referred to by addresses beside that one. */
  know(address: string, path: string): void
  /** The file that an address means; undefined when it is not in the folder. */
  find(address: string): string | undefined
}

/** The folder in which a schema lies: nothing outside of it is ever read, and nothing is asked of the network. */
export const openFolder = (path: string): SchemaFolder => {
  const folder = realpathSync(dirname(resolve(path)))
  const places: { readonly address: string; readonly folder: string }[] = []

  const isInside = (file: string): boolean => {
    try {
      return realpathSync(file).startsWith(folder === sep ? sep : folder + sep)
    } catch {
      // It is said to be missing when it is read.
      return true
    }
  }

  return {
    addressOf: file => pathToFileURL(join(folder, relative(dirname(resolve(path)), resolve(file)))).href,
    know(address, file) {
      places.push({ address: address.replace(/[^/]*$/, ''), folder: dirname(resolve(file)) })
    },
    find(address) {
      const candidates = places
        .filter(place => address.startsWith(place.address))
        .map(place => join(place.folder, decode(address.slice(place.address.length))))
      if (address.startsWith('file:')) candidates.push(fileURLToPath(address))
      return candidates.map(file => toGiven(file, folder, path)).find(file => file !== undefined && isInside(file))
    },
  }
}

/** As the user would call it, when it is in the folder by its name. */
const toGiven = (file: string, folder: string, path: string): string | undefined => {
  for (const base of [folder, dirname(resolve(path))]) {
    const inside = relative(base, file)
    if (inside !== '' && !inside.startsWith('..') && !inside.startsWith(sep)) return join(dirname(path), inside)
  }
  return undefined
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
