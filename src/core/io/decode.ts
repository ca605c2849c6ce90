import { createGunzip, type Gunzip } from './gunzip.js'
import type { Splitter } from './split.js'

/** Passes bytes on to a splitter as they are, or unpacked when they begin as gzip does. */
export type Decoder = {
  /** Where to read to. */
  space(): Buffer
  /** So many bytes were read to there. */
  took(count: number): void | Promise<void>
  end(): void | Promise<void>
  /** What is wrong with the bytes: what came before it has been passed on. */
  readonly damage: Error | undefined
}

export const createDecoder = (splitter: Splitter): Decoder => {
  let own: Buffer | undefined = Buffer.allocUnsafe(2)
  let seen = 0
  let gunzip: Gunzip | undefined
  let slab = Buffer.alloc(0)
  return {
    get damage() {
      return gunzip?.damage
    },
    space() {
      if (own !== undefined) return own.subarray(seen)
      if (gunzip !== undefined) return slab
      return splitter.space()
    },
    took(count) {
      if (gunzip !== undefined) return gunzip.write(Buffer.from(slab.subarray(0, count)))
      if (own === undefined) return splitter.took(count)
      seen += count
      if (own[0] === 0x1f && seen === 1) return
      const head = own.subarray(0, seen)
      own = undefined
      if (head[0] !== 0x1f || head[1] !== 0x8b) return splitter.push(head)
      gunzip = createGunzip(chunk => splitter.push(chunk))
      // Small pieces: gzip can unpack to a thousand times its size before anybody can hold it back.
      slab = Buffer.allocUnsafeSlow(16 * 1024)
      return gunzip.write(head)
    },
    async end() {
      if (own !== undefined) splitter.push(own.subarray(0, seen))
      await gunzip?.end()
      // A line that some damage cut is no record.
      if (gunzip?.damage === undefined) splitter.end()
    },
  }
}
