import { accessSync, constants, fstatSync, type Stats, statSync } from 'node:fs'
import { ReadError } from '../../core/io/input.js'
import { describeSystemError } from '../../core/io/system-error.js'
import { followLinks } from '../../stores/files/resolve-link.js'
import { isAddress } from '../../stores/servers/address.js'
import { UsageError } from '../usage-error.js'
import { identifyFile } from './identify-file.js'

/** Files by the flag that names them. */
export type NamedFiles = Readonly<Record<string, string | undefined>>

export type CheckedFiles = {
  /** FILE operands. */
  readonly files: readonly string[]
  /** Read before the records. */
  readonly reads: NamedFiles
  /** Written alone, or replaced. */
  readonly writes: NamedFiles
  /** Kept with a lock and the like beside them. */
  readonly stores: NamedFiles
  /** A FILE that is kept so. */
  readonly keeps?: string | undefined
}

/** Finds out before anything is read that every FILE can be, and that nothing that is written is read or written by another name as well. */
export const checkFiles = ({ files, reads, writes, stores, keeps }: CheckedFiles): void => {
  const outputs: Named[] = [...identifyAll(writes), ...identifyAll(stores)]
  const inputs: Named[] = identifyAll(reads)
  for (const file of files.length === 0 ? ['-'] : files) {
    if (file !== '-') refuseUnreadable(file)
    inputs.push(file === '-' ? nameStandard('standard input', 0) : nameFile(file, file))
  }
  const output = nameStandard('standard output', 1)
  const messages = nameStandard('standard error', 2)
  for (const input of inputs) refuseSame(input, [output, messages, ...outputs], 'write to another file and rename it')
  // Standard output and standard error may well be the same.
  for (const [index, one] of [output, messages, ...outputs].entries()) {
    refuseSame(one, outputs.slice(Math.max(0, index - 1)), 'use another file')
  }
  const others = [output, messages, ...inputs, ...outputs]
  for (const file of [keeps, ...Object.values(stores)]) {
    if (file === undefined || isAddress(file)) continue
    const real = followLinks(file) ?? file
    for (const suffix of besideStores) {
      const beside = nameFile(`${file}${suffix}, which belongs to ${file},`, real + suffix)
      refuseSame(beside, others, 'use another file')
    }
  }
}

const besideStores = ['.lock', '.done', '.done.lock', '.replay.lock', '.log', '.results']

/** A file with all that may tell it: two files are the same when they share one of these. */
type Named = { readonly name: string; readonly ids: readonly string[]; readonly identify: () => readonly string[] }

const nameFile = (name: string, path: string): Named => nameBy(name, () => identifyFile(path))

const nameStandard = (name: string, fd: number): Named => nameBy(name, () => identifyStandard(fd))

const nameBy = (name: string, identify: Named['identify']): Named => ({ name, ids: identify(), identify })

const identifyAll = (files: NamedFiles): Named[] =>
  Object.entries(files).flatMap(([flag, file]) =>
    file === undefined || file === '-' || isAddress(file)
      ? []
      : [nameFile(flag.endsWith(file) ? flag : `${flag} ${file}`, file)],
  )

const identifyStandard = (fd: number): readonly string[] => {
  const stats = fstatSync(fd)
  return stats.isFile() ? [idOf(stats)] : []
}

const idOf = ({ dev, ino }: Stats): string => `${dev}:${ino}`

const refuseSame = (one: Named, others: readonly Named[], advice: string): void => {
  const same = others.find(other => other !== one && share(one.ids, other.ids) && areStillSame(one, other))
  if (same !== undefined) throw new UsageError(`${one.name} is the same file as ${same.name}: ${advice}`)
}

// Another process may replace the one file meanwhile, and the number that becomes free may be given to the other one.
const areStillSame = (one: Named, other: Named): boolean => {
  const before = one.identify()
  return share(before, other.identify()) && share(before, one.identify())
}

const share = (ids: readonly string[], others: readonly string[]): boolean => ids.some(id => others.includes(id))

const refuseUnreadable = (file: string): void => {
  try {
    accessSync(file, constants.R_OK)
    statSync(file)
  } catch (error) {
    throw new ReadError(`Cannot read ${file}: ${describeSystemError(error)}`, { cause: error })
  }
}
