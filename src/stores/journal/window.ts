import { readSync } from 'node:fs'

/** Reads parts of a file, most of which stand one after the other. Parts that were returned stay as they are. */
export class FileWindow {
  /** The bytes around the part that was looked for last. */
  block = Buffer.alloc(0)
  #start = 0

  constructor(
    private readonly fd: number,
    private readonly size = 1024 * 1024,
  ) {}

  /** Where in `block` the bytes at a place of the file are; -1 when the file is shorter. */
  find(offset: number, length: number): number {
    if (length === 0) return 0
    const at = offset - this.#start
    if (at >= 0 && at + length <= this.block.length) return at
    const block = Buffer.allocUnsafeSlow(Math.max(length, this.size))
    const count = readFully(this.fd, block, offset)
    this.block = block.subarray(0, count)
    this.#start = offset
    return count < length ? -1 : 0
  }

  /** The bytes at a place; undefined when the file is shorter. */
  read(offset: number, length: number): Buffer | undefined {
    const at = this.find(offset, length)
    return at === -1 ? undefined : this.block.subarray(at, at + length)
  }
}

const readFully = (fd: number, block: Buffer, offset: number): number => {
  let length = 0
  while (length < block.length) {
    const count = readSync(fd, block, length, block.length - length, offset + length)
    if (count === 0) break
    length += count
  }
  return length
}
