import { existsSync, linkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalOf } from '../../core/json/canonical.js'
import { KeyReader } from '../../core/json/key-reader.js'
import type { Path } from '../../core/json/path.js'
import { readString } from '../../core/json/read-string.js'
import { missingField, parseFailure } from '../../core/json/record-failures.js'
import { Rows } from '../../core/json/rows.js'
import type { Line } from '../../core/lines.js'
import { isAddress } from '../../stores/servers/address.js'

/** Finds the value of `--breaker-key` in a record. Throws a `Failure` for a record without it. */
export type ReadKey = {
  /** A string as its text, unless that is JSON itself (the text 1 is not the number 1); anything else as canonical JSON. */
  (line: Line): string
  /** What earlier versions called the key of the record read last: as it is written, a string always as its text. */
  readonly former: () => string
}

export const createReadKey = (path: Path): ReadKey => {
  const rows = new Rows([path])
  const reader = new KeyReader([path])
  let former = ''
  const read = (line: Line): string => {
    if (!rows.scanAlone(line.bytes)) throw parseFailure(line)
    if (!reader.read(rows, line.bytes, 0)) throw missingField(line.number, path, '--breaker-key')
    const canonical = reader.text
    const text = readString(reader.bytes, reader.start, reader.end)
    const written = reader.readWritten(rows, line.bytes, 0)
    former = text ?? (written.includes('\\') ? JSON.stringify(JSON.parse(written)) : written)
    return text === undefined || canonicalOf(text) !== undefined ? canonical : text
  }
  return Object.assign(read, { former: () => former })
}

/** The state of a key, in a folder or beside others on a server: its hash, for a key may be long and hold anything. */
export const fileOfKey = (place: string, key: string): string => {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256').update(key).digest('hex').slice(0, 32)
  return isAddress(place) ? `${place}.${hash}` : join(place, `${hash}.json`)
}

/** Gives a key the state that an earlier version kept for it under another name, unless it has one of its own. */
export const adoptFormer = (folder: string, key: string, former: string): void => {
  if (key === former) return
  const [file, other] = [fileOfKey(folder, key), fileOfKey(folder, former)]
  if (existsSync(file) || !existsSync(other)) return
  try {
    linkSync(other, file)
    // A string was kept with the number that looks like it, which goes on with that file.
    if (!key.startsWith('"')) rmSync(other, { force: true })
  } catch {
    // Another process was faster, or the folder cannot be written to: then its own file tells so.
  }
}

/** What the circuit of a key is called. */
export const nameOfKey = (name: string, key: string): string => {
  const shown = showNumber(key)
  return `${name}[${shown.length <= longest ? shown : `${shown.slice(0, longest - 1)}…`}]`
}

const longest = 80

/** A number as people write it, where that says the same: 10, not 1e1. */
const showNumber = (key: string): string => {
  if (!/^-?\d+e-?\d+$/.test(key)) return key
  const usual = String(Number(key))
  return canonicalOf(usual) === key ? usual : key
}
