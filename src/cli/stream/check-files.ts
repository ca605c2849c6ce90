import { accessSync, constants, fstatSync, type Stats, statSync } from 'node:fs'
import { ReadError } from '../../core/io/input.js'
import { describeSystemError } from '../../core/io/system-error.js'
import { UsageError } from '../usage-error.js'

/** Finds out before anything is read that every FILE can be, and that none of them is written at the same time. */
export const checkFiles = (files: readonly string[], written: Readonly<Record<string, string | undefined>>): void => {
  const outputs: { name: string; stats: Stats | undefined }[] = [{ name: 'standard output', stats: statOf(1) }]
  for (const [flag, file] of Object.entries(written)) {
    if (file !== undefined && file !== '-') outputs.push({ name: `${flag} ${file}`, stats: statOf(file) })
  }
  const inputs = files.length === 0 ? ['-'] : files
  for (const file of inputs) {
    const stats = file === '-' ? statOf(0) : statReadable(file)
    const same = outputs.find(output => isSameFile(stats, output.stats))
    if (same !== undefined) {
      const name = file === '-' ? 'standard input' : file
      throw new UsageError(`${name} is the same file as ${same.name}: write to another file and rename it afterwards`)
    }
  }
  for (const [index, one] of outputs.entries()) {
    const other = outputs.slice(index + 1).find(output => isSameFile(one.stats, output.stats))
    if (other !== undefined) throw new UsageError(`${other.name} is the same file as ${one.name}: give another file`)
  }
}

const statOf = (file: string | number): Stats | undefined => {
  if (typeof file === 'number') return fstatSync(file)
  try {
    return statSync(file, { throwIfNoEntry: false })
  } catch {
    // Whoever opens it says what is wrong with it.
    return undefined
  }
}

const statReadable = (file: string): Stats => {
  try {
    accessSync(file, constants.R_OK)
    return statSync(file)
  } catch (error) {
    throw new ReadError(`Cannot read ${file}: ${describeSystemError(error)}`, { cause: error })
  }
}

const isSameFile = (one: Stats | undefined, other: Stats | undefined): boolean =>
  one !== undefined && other !== undefined && one.isFile() && one.ino === other.ino && one.dev === other.dev
