import { fstatSync, ftruncateSync, writeSync } from 'node:fs'
import type { Clock } from '../../core/clock.js'
import type { Receipt } from '../../core/io/output.js'
import type { Lines } from '../../core/lines.js'
import type { TornLine } from '../files/torn-line.js'
import { explainWrite, type StoreError } from '../store-error.js'
import { createOpenFiles } from './open-files.js'
import { createPart, type Existing, type Part, type PartOptions } from './part.js'
import { publishParts } from './publish.js'
import { createSharedBlocks } from './shared-blocks.js'

export type OutputFilesOptions = {
  readonly existing: Existing
  readonly gzip: boolean
  /** Maximum number of files open at the same time; fewer if the system's limit is lower. */
  readonly maxOpen: number
  readonly clock: Clock
  /** The outcome of records that stand in one file only. */
  readonly receipt: Receipt
  /** Called once for each file that cannot be written any more. */
  readonly onError: (path: string, error: StoreError) => void
  readonly onTorn: (path: string, torn: TornLine) => void
}

/** A file that failed, and why. */
export type FailedFile = { readonly path: string; readonly error: StoreError }

/**
 * Many output files that are written aside. Lines are gathered for each, up to 16 KiB (packed files: 128 KiB) and 32 MiB in
 * all, so a file that had to be closed is not opened again for a single line. What is gathered counts as delivered when it is
 * written.
 */
export type OutputFiles = {
  /** The number of the file with this name; one that must not be written has failed from the beginning. */
  add(path: string): number
  /** Takes consecutive lines; they are copied. `receipt` is notified instead of the common one. */
  put(file: number, lines: Lines, receipt?: Receipt): void
  /** Writes all that is gathered, and closes all. */
  finish(): void
  /** Renames every file to its final name; returns those that could not be renamed. Call after `finish`. */
  publish(): Promise<readonly FailedFile[]>
  /** Files that were written and do not have their final names yet. */
  readonly paths: readonly string[]
  readonly failed: readonly FailedFile[]
  readonly bytesWritten: number
}

type Slot = {
  readonly path: string
  /** Undefined when it must not be written. */
  part: Part | undefined
  buffer: Buffer
  length: number
  /** Records in the buffer that the common receipt is told of, and where the first of them is from. */
  records: number
  number: number
  file: string | undefined
  /** Those with a receipt of their own. */
  receipts: {
    readonly receipt: Receipt
    readonly records: number
    readonly number: number
    readonly file: string | undefined
  }[]
  error: StoreError | undefined
  isMade: boolean
}

export const createOutputFiles = (options: OutputFilesOptions): OutputFiles => {
  const { existing, gzip, maxOpen, clock, receipt: common, onError, onTorn } = options
  const slots: Slot[] = []
  const numbers = new Map<string, number>()
  const open = createOpenFiles<Slot>(maxOpen, (slot, error) => fail(slot, error))
  const partOptions: PartOptions = { existing, wall: () => clock.wall(), onTorn }
  const blocks = createSharedBlocks(gzip ? 128 * 1024 : 16 * 1024, smallest, mostGathered)
  let bytesWritten = 0
  let cancelTick: (() => void) | undefined

  const fail = (slot: Slot, error: unknown): void => {
    if (slot.error !== undefined) return
    slot.error = explainWrite(error, slot.path)
    open.close(slot)
    onError(slot.path, slot.error)
  }

  const openSlot = (slot: Slot): number => {
    const file = open.use(slot, () => (slot.part as Part).open())
    slot.isMade = true
    return file
  }

  /** True when all of it was taken. Otherwise nothing of it is left in the file: half a line would be worse than none. */
  const writeBytes = (slot: Slot, bytes: Buffer): boolean => {
    if (slot.error !== undefined) return false
    try {
      const file = openSlot(slot)
      const block = gzip ? pack(bytes) : bytes
      let done = 0
      try {
        while (done < block.length) done += writeSync(file, block, done)
      } catch (error) {
        if (done > 0) ftruncateSync(file, fstatSync(file).size - done)
        throw error
      }
      bytesWritten += block.length
      return true
    } catch (error) {
      fail(slot, error)
      return false
    }
  }

  const write = (slot: Slot): void => {
    if (slot.length === 0) return
    const isTaken = writeBytes(slot, slot.buffer.subarray(0, slot.length))
    const { records, number, file, receipts } = slot
    slot.length = 0
    slot.records = 0
    if (records > 0) tell(common, isTaken, records, number, file)
    if (receipts.length === 0) return
    slot.receipts = []
    for (const one of receipts) tell(one.receipt, isTaken, one.records, one.number, one.file)
  }

  const releaseAll = (): void => {
    for (const slot of slots) {
      write(slot)
      slot.buffer = none
    }
  }

  /** When there are too many files for the memory, each gets half as much. */
  const reserve = (slot: Slot): void => {
    let block = blocks.take()
    if (block === undefined) {
      releaseAll()
      blocks.divide()
      block = blocks.take() as Buffer
    }
    slot.buffer = block
  }

  // Lines are visible in the files after a second, also if the program is killed. Files are not opened by the thousand for that.
  const tick = (): void => {
    cancelTick = undefined
    let left = open.max
    for (const slot of slots) {
      if (slot.length === 0) continue
      if (left-- === 0) return
      write(slot)
    }
  }

  return {
    add(path) {
      const known = numbers.get(fold(path))
      if (known !== undefined) return known
      const slot: Slot = {
        path,
        part: undefined,
        buffer: none,
        length: 0,
        records: 0,
        number: 0,
        file: undefined,
        receipts: [],
        error: undefined,
        isMade: false,
      }
      attempt(
        () => {
          slot.part = createPart(path, partOptions)
        },
        error => fail(slot, error),
      )
      numbers.set(fold(path), slots.length)
      return slots.push(slot) - 1
    },
    put(file, lines, receipt) {
      const slot = slots[file] as Slot
      const start = lines.start(0)
      const size = lines.byteLength
      const records = lines.length
      if (slot.buffer === none && size <= blocks.size) reserve(slot)
      if (slot.length + size > slot.buffer.length) write(slot)
      if (size > slot.buffer.length || slot.error !== undefined) {
        const isTaken = writeBytes(slot, lines.view())
        return tell(receipt ?? common, isTaken, records, lines.number, lines.file)
      }
      lines.bytes.copy(slot.buffer, slot.length, start, start + size)
      slot.length += size
      if (receipt !== undefined) slot.receipts.push({ receipt, records, number: lines.number, file: lines.file })
      else {
        if (slot.records === 0) {
          slot.number = lines.number
          slot.file = lines.file
        }
        slot.records += records
      }
      cancelTick ??= clock.after(1000, tick)
    },
    finish() {
      cancelTick?.()
      cancelTick = undefined
      releaseAll()
      open.closeAll()
    },
    async publish() {
      for (const slot of slots) {
        // Named by the user, and nothing came for it: an empty file says so.
        if (!slot.isMade) {
          if (gzip) writeBytes(slot, Buffer.alloc(0))
          else
            attempt(
              () => openSlot(slot),
              error => fail(slot, error),
            )
        }
      }
      open.closeAll()
      return publishParts(
        slots.flatMap(({ part, error }) => (part === undefined || error !== undefined ? [] : [part])),
        open.max,
      )
    },
    get paths() {
      return slots.filter(({ isMade }) => isMade).map(({ path }) => path)
    },
    get failed() {
      return slots.flatMap(({ path, error }) => (error === undefined ? [] : [{ path, error }]))
    },
    get bytesWritten() {
      return bytesWritten
    },
  }
}

const none = Buffer.alloc(0)
const smallest = 512
const mostGathered = 32 * 1024 * 1024

const tell = (receipt: Receipt, isTaken: boolean, records: number, number: number, file: string | undefined): void => {
  if (isTaken) receipt.delivered(records)
  else receipt.lost(records, number, file)
}

// Each block is a member of its own: a file of several members is a gzip file as well.
const pack = (bytes: Buffer): Buffer => process.getBuiltinModule('node:zlib').gzipSync(bytes)

// There two names that differ in case are one file.
const fold = (path: string): string => (process.platform === 'darwin' ? path.toLowerCase() : path)

const attempt = (act: () => void, onFailure: (error: unknown) => void): void => {
  try {
    act()
  } catch (error) {
    onFailure(error)
  }
}
