import { lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../../cli/usage-error.js'

/** Files in the order of the list, each pattern's sorted by bytes; `-` is standard input. Throws a `UsageError` for a pattern without a file. */
export const findInputs = (input: readonly string[] | undefined, allowEmpty: boolean): readonly string[] => {
  if (input === undefined) return ['-']
  return input.flatMap(text => {
    // What exists by this name is meant, whatever letters are in it.
    if (text === '-' || !/[*?[]/.test(text) || statSync(text, { throwIfNoEntry: false }) !== undefined) return [text]
    const found = expand(text)
    if (found.length === 0 && !allowEmpty) {
      throw new UsageError(`input: no file matches ${text}; with allow-empty: true the job is done then`)
    }
    return found.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
  })
}

/** `*` and `?` within a name, `[a-z]`, and `**` for any folders; names that begin with a dot are matched by a dot alone. */
const expand = (pattern: string): string[] => {
  const parts = pattern.split('/').filter((part, index) => part !== '' || index === 0)
  return walk(pattern.startsWith('/') ? '/' : '', parts[0] === '' ? parts.slice(1) : parts)
}

const walk = (folder: string, [part, ...rest]: readonly string[]): string[] => {
  if (part === undefined) return []
  const isLast = rest.length === 0
  if (part === '**') {
    const below = listNames(folder).filter(name => !name.startsWith('.') && isRealFolder(join(folder, name)))
    const deeper = below.flatMap(name => walk(join(folder, name), [part, ...rest]))
    return [...walk(folder, isLast ? ['*'] : rest), ...deeper]
  }
  if (!/[*?[]/.test(part)) {
    const path = join(folder, part)
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return []
    return isLast ? [path] : walk(path, rest)
  }
  const shape = toShape(part)
  return listNames(folder)
    .filter(name => shape.test(name) && (part.startsWith('.') || !name.startsWith('.')))
    .map(name => join(folder, name))
    .filter(path => statSync(path, { throwIfNoEntry: false })?.isDirectory() !== isLast)
    .flatMap(path => (isLast ? [path] : walk(path, rest)))
}

const toShape = (part: string): RegExp =>
  new RegExp(
    `^${part.replace(/\[!?[^\]]+\]|[\s\S]/g, found => {
      if (found === '*') return '[^/]*'
      if (found === '?') return '[^/]'
      if (found.length > 1) return found.replace(/^\[!/, '[^').replaceAll('\\', '\\\\')
      return found.replace(/[\\^$.|+()[\]{}]/, '\\$&')
    })}$`,
    'su',
  )

const listNames = (folder: string): string[] => {
  try {
    return readdirSync(folder === '' ? '.' : folder)
  } catch {
    return []
  }
}

// A link to a folder above would never end.
const isRealFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
