import { createGunzip, type Gunzip } from './gunzip.js'
import { findPacking, packingLength } from './packed.js'
import type { Splitter } from './split.js'

/** Passes bytes on to a splitter as they are, or unpacked when they begin as gzip does; what is packed otherwise is damage. */
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
  let own: Buffer | undefined = Buffer.allocUnsafe(packingLength)
  let seen = 0
  let gunzip: Gunzip | undefined
  let slab = Buffer.alloc(0)
  let refused: Error | undefined
  return {
    get damage() {
      return refused ?? gunzip?.damage
    },
    space() {
      // Two bytes tell nearly always.
      if (own !== undefined) return own.subarray(seen, seen < 2 ? 2 : packingLength)
      if (gunzip !== undefined) return slab
      return splitter.space()
    },
    took(count) {
      if (gunzip !== undefined) return gunzip.write(Buffer.from(slab.subarray(0, count)))
      if (own === undefined) return splitter.took(count)
      seen += count
      const head = own.subarray(0, seen)
      const packing = findPacking(head)
      if (packing === 'more') return
      if (packing !== undefined && packing !== 'gzip') {
        const { name, unpack } = packing
        refused = new Error(`it is compressed with ${name}, but only gzip is supported: ${unpack} FILE | streamz …`)
        // The caller that awaits this checks `refused` before it reads more.
        return Promise.resolve()
      }
      own = undefined
      if (packing === undefined) return splitter.push(head)
      gunzip = createGunzip(chunk => splitter.push(chunk))
      // Small pieces: gzip can unpack to a thousand times its size before anybody can hold it back.
      slab = Buffer.allocUnsafeSlow(16 * 1024)
      return gunzip.write(head)
    },
    async end() {
      if (refused !== undefined) return
      if (own !== undefined) splitter.push(own.subarray(0, seen))
      await gunzip?.end()
      // A line that some damage cut is no record.
      if (gunzip?.damage === undefined) splitter.end()
    },
  }
}
