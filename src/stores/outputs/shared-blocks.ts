/**
 * Blocks of one size out of memory that many share. It is asked for as blocks are used, kept, and used again: a buffer for each
 * user, outgrown and thrown away, would wait for the garbage collector by the hundred megabytes.
 */
export type SharedBlocks = {
  /** Bytes in a block. */
  readonly size: number
  /** A block that nobody has; undefined when all are taken. */
  take(): Buffer | undefined
  /** Nobody has any block; they are half as long from now on where `smallest` allows, so there are twice as many. */
  divide(): void
}

/** `size` is how long blocks are at first; `smallest` the length below which they are not divided; `total` bytes of all. */
export const createSharedBlocks = (largest: number, smallest: number, total: number): SharedBlocks => {
  const pieces: Buffer[] = []
  let size = largest
  let taken = 0
  return {
    get size() {
      return size
    },
    take() {
      const at = taken * size
      if (at + size > total) return undefined
      const piece = Math.floor(at / pieceSize)
      // Not touched before it is written: what is never used takes no memory.
      pieces[piece] ??= Buffer.allocUnsafeSlow(pieceSize)
      taken++
      return pieces[piece].subarray(at % pieceSize, (at % pieceSize) + size)
    },
    divide() {
      taken = 0
      if (size > smallest) size /= 2
    },
  }
}

const pieceSize = 1024 * 1024
