import { fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs'
import { createScanner } from '../../core/json/scan.js'
import { writeNew } from './atomic-write.js'

export type TornOptions = {
  /** The path of the file, from which the name for the set-aside bytes is made. */
  readonly path: string
  readonly wall: number
  /** Asked last, before the file is made shorter: throws when it may not be. */
  readonly confirm?: () => void
}

/** How many bytes were cut off the end of a file, and where they are kept. */
export type TornLine = { readonly bytes: number; readonly aside: string }

/**
 * A crash in the middle of a write leaves half a line: it is kept beside the file, never glued to the next line. A line that
 * lacks nothing but its newline gets it. The descriptor must be open for reading and appending.
 */
export const mendLastLine = (file: number, { path, wall, confirm }: TornOptions): TornLine | undefined => {
  const { size } = fstatSync(file)
  if (size === 0) return undefined
  const last = Buffer.alloc(1)
  readSync(file, last, 0, 1, size - 1)
  if (last[0] === newline) return undefined
  const start = findLastLine(file, size)
  const torn = Buffer.alloc(size - start)
  readSync(file, torn, 0, torn.length, start)
  if (isWhole(torn)) {
    writeSync(file, Buffer.of(newline))
    return undefined
  }
  const aside = `${path}.torn-${new Date(wall).toISOString().replaceAll(/[-:.]/g, '')}-${process.pid}`
  writeNew(aside, torn, true)
  confirm?.()
  ftruncateSync(file, start)
  return { bytes: torn.length, aside }
}

const newline = 10

// An object says itself where it ends.
const isWhole = (torn: Buffer): boolean => {
  if (torn[0] !== 0x7b) return false
  return createScanner().scan(Buffer.concat([torn, Buffer.of(newline)]), 0, torn.length + 1)
}

/** Where the last line of a file begins that does not end in a newline. */
export const findLastLine = (file: number, size: number): number => {
  const block = Buffer.alloc(64 * 1024)
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block.length)
    const count = readSync(file, block, 0, end - start, start)
    const at = block.subarray(0, count).lastIndexOf(10)
    if (at !== -1) return start + at + 1
    end = start
  }
  return 0
}
