import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemCode } from '../../core/io/system-error.js'
import { explainRead } from '../store-error.js'

/** Names of files that differ in one place: `part/{key}.ndjson`. */
export type NamePattern = {
  readonly text: string
  /** Beside other files of any kind, not in a folder below: what fits may well be something else. */
  readonly isHere: boolean
  fill(value: string): string
  /** Whether a path is one of these names. */
  fits(path: string): boolean
  /** Existing files with one of these names, followed by this suffix. */
  list(suffix: string): readonly string[]
}

/** `placeholder` is `{key}` or `{n}`; `values` is a regular expression for the values that may replace it. */
export const createNamePattern = (text: string, placeholder: string, values: string): NamePattern => {
  const parts = text.split('/')
  const toExpression = (part: string, suffix = '') =>
    new RegExp(`^${part.split(placeholder).map(escapeText).join(`(?:${values})`)}${escapeText(suffix)}$`, 's')
  const whole = toExpression(resolve(text))
  const look = (folder: string, [part = '', ...rest]: readonly string[], suffix: string): readonly string[] => {
    if (rest.length > 0 && !part.includes(placeholder))
      return look(join(folder, part === '' ? '/' : part), rest, suffix)
    const fits = toExpression(part, rest.length === 0 ? suffix : '')
    const names = readFolder(folder).filter(name => fits.test(name))
    const paths = names.map(name => join(folder, name))
    return rest.length === 0 ? paths : paths.flatMap(path => look(path, rest, suffix))
  }
  return {
    text,
    isHere: parts.length === 1,
    fill: value => parts.map(part => part.replaceAll(placeholder, () => value)).join('/'),
    fits: path => whole.test(resolve(path)),
    list: suffix => look('', parts, suffix).toSorted(),
  }
}

const escapeText = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)

const readFolder = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder === '' ? '.' : folder)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return []
    throw explainRead(error, folder)
  }
}
