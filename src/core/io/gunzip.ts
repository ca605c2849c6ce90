import type { Gunzip as Stream } from 'node:zlib'

/**
 * Unpacks gzip, members behind each other included; zeros between and behind them are padding. What was unpacked before
 * garbage, a cut or a wrong check sum is given away before `damage` is told, but for at most the last 16 KiB: zlib keeps
 * what it unpacked in the same breath as it found the damage.
 */
export type Gunzip = {
  /** Settles when all that these bytes hold has been given away. */
  write(bytes: Buffer): Promise<void>
  /** Finds out whether the input was whole; what is missing is then told as damage. */
  end(): Promise<void>
  /** What is wrong with the input and where, in words for the user. */
  readonly damage: Error | undefined
}

export const createGunzip = (give: (bytes: Buffer) => void): Gunzip => {
  let damage: Error | undefined
  let stream: Stream | undefined
  let settle = (_error?: Error | null) => {}
  // Of the whole input, up to what this stream unpacks.
  let before = 0

  const start = (): Stream => {
    const started = process.getBuiltinModule('node:zlib').createGunzip({ chunkSize: 16 * 1024 })
    started.on('data', give)
    started.on('end', () => settle())
    started.on('error', error => settle(error))
    return started
  }

  /** Waits for the stream to do its part: the damage is told instead of thrown. */
  const finish = (used: Stream, begin: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise(resolve => {
      settle = error => {
        if (error) damage ??= describeDamage(error, before + used.bytesWritten)
        resolve()
      }
      begin(settle)
    })

  const unpack = async (bytes: Buffer): Promise<void> => {
    for (let rest = bytes; damage === undefined; ) {
      if (stream === undefined) {
        const zeros = countZeros(rest)
        before += zeros
        rest = rest.subarray(zeros)
        if (rest.length === 0) return
      }
      stream ??= start()
      const used = stream
      const taken = used.bytesWritten
      await finish(used, done => used.write(rest, done))
      rest = rest.subarray(used.bytesWritten - taken)
      if (rest.length === 0) return
      // The stream ends at padding, and leaves it to us to look what comes behind.
      before += used.bytesWritten
      stream = undefined
    }
  }

  let queue = Promise.resolve()
  return {
    get damage() {
      return damage
    },
    write(bytes) {
      queue = queue.then(() => unpack(bytes))
      return queue
    },
    async end() {
      await queue
      const used = stream
      if (damage === undefined && used !== undefined) await finish(used, () => used.end())
    },
  }
}

const describeDamage = (error: Error, before: number): Error => {
  const isCut = 'code' in error && error.code === 'Z_BUF_ERROR'
  const what = isCut ? `it ends early, after byte ${before}` : `damaged after byte ${before} (${error.message})`
  return new Error(`it is not a complete gzip file: ${what}`, { cause: error })
}

const countZeros = (bytes: Buffer): number => {
  const found = bytes.findIndex(byte => byte !== 0)
  return found === -1 ? bytes.length : found
}
