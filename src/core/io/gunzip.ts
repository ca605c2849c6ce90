/**
 * Unpacks gzip (RFC 1952), members behind each other included; zeros between and behind them are padding. What was whole
 * before garbage, a cut or a wrong check sum is given away before `damage` is told, which the gunzip of Node.js does not
 * do. Where a block itself is broken, up to 64 KiB that were unpacked just before it are lost, as with `zcat`.
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
  let member: Member | undefined
  // The bytes of a header or of a check sum that are not all there yet, and how many came before them.
  let rest: Buffer = Buffer.alloc(0)
  let before = 0

  const advance = (count: number) => {
    rest = rest.subarray(count)
    before += count
  }

  /** Goes on by one part of the input; false when that is not all there. */
  const step = async (): Promise<boolean> => {
    if (member === undefined) {
      if (before > 0) advance(countZeros(rest))
      const length = headerLength(rest)
      if (length === undefined) return false
      if (length === 0) throw new Error(`what begins at byte ${before + 1} is no gzip`)
      advance(length)
      member = createMember(give)
    }
    if (!member.ended) {
      if (rest.length === 0) return false
      advance(await member.write(rest, before))
      return member.ended
    }
    if (rest.length < trailerLength) return false
    if (rest.readUInt32LE(0) !== member.sum || rest.readUInt32LE(4) !== member.length)
      throw new Error(`the check sum at byte ${before + 1} is not that of the data before it`)
    advance(trailerLength)
    member = undefined
    return true
  }

  const unpack = async (bytes: Buffer): Promise<void> => {
    if (damage !== undefined) return
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    try {
      while (await step());
    } catch (error) {
      damage = damaged(error)
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
      if (damage !== undefined || (member === undefined && rest.length === 0)) return
      const isGarbage = member === undefined && !isHeaderStart(rest)
      const where = isGarbage
        ? `what begins at byte ${before + 1} is no gzip`
        : `it ends early, after byte ${before + rest.length}`
      damage = damaged(new Error(where))
    },
  }
}

const trailerLength = 8

const damaged = (error: unknown): Error =>
  new Error(`it is no whole gzip file: ${(error as Error).message}`, { cause: error })

type Member = {
  readonly ended: boolean
  /** CRC-32 of what was unpacked, and its length modulo 2^32. */
  readonly sum: number
  readonly length: number
  /** Gives away what these bytes hold, and tells how many of them belong to the member. */
  write(bytes: Buffer, before: number): number | Promise<number>
}

const createMember = (give: (bytes: Buffer) => void): Member => {
  const { crc32 } = process.getBuiltinModule('node:zlib')
  let sum = 0
  let length = 0
  let ended = false
  let inflate: Inflate | undefined
  const take = (bytes: Buffer) => {
    sum = crc32(bytes, sum)
    length = (length + bytes.length) >>> 0
    give(bytes)
  }
  return {
    get ended() {
      return ended
    },
    get sum() {
      return sum
    },
    get length() {
      return length
    },
    write(bytes, before) {
      const whole = inflate === undefined ? inflateSmall(bytes) : undefined
      if (whole !== undefined) {
        take(whole.unpacked)
        ended = true
        return whole.taken
      }
      inflate ??= createInflate(take)
      return inflate(bytes).then(
        taken => {
          ended = taken < bytes.length
          return taken
        },
        error => {
          throw new Error(`damaged behind byte ${before} (${error.message})`, { cause: error })
        },
      )
    },
  }
}

/** What a member that ends within these bytes holds: a file may have one for each record, too many for streams. */
const inflateSmall = (bytes: Buffer): { unpacked: Buffer; taken: number } | undefined => {
  const { inflateRawSync } = process.getBuiltinModule('node:zlib')
  try {
    // The types leave out what `info` does.
    const { buffer, engine } = inflateRawSync(bytes, {
      info: true,
      chunkSize: 4096,
      maxOutputLength: 64 * 1024,
    }) as unknown as {
      buffer: Buffer
      engine: { bytesWritten: number }
    }
    return engine.bytesWritten < bytes.length ? { unpacked: buffer, taken: engine.bytesWritten } : undefined
  } catch {
    // Longer, or damaged: the stream gives away what there is.
    return undefined
  }
}

/** Unpacks bytes, and tells how many of them it took: fewer than all at its end. */
type Inflate = (bytes: Buffer) => Promise<number>

const createInflate = (take: (bytes: Buffer) => void): Inflate => {
  const stream = process.getBuiltinModule('node:zlib').createInflateRaw({ chunkSize: 64 * 1024 })
  let settle = (_error?: Error | null) => {}
  stream.on('data', take)
  stream.on('end', () => settle())
  stream.on('error', error => settle(error))
  return bytes =>
    new Promise((resolve, reject) => {
      const start = stream.bytesWritten
      settle = error => {
        const taken = stream.bytesWritten - start
        if (error) return reject(error)
        if (taken < bytes.length) stream.destroy()
        resolve(taken)
      }
      stream.write(bytes, error => settle(error))
    })
}

const countZeros = (bytes: Buffer): number => {
  const found = bytes.findIndex(byte => byte !== 0)
  return found === -1 ? bytes.length : found
}

const isHeaderStart = (bytes: Buffer): boolean =>
  magic.subarray(0, bytes.length).equals(bytes.subarray(0, magic.length))

const magic = Buffer.from([0x1f, 0x8b, 8])

/** Length of the header these bytes begin with: undefined when more of them are needed, 0 when they are no header. */
const headerLength = (bytes: Buffer): number | undefined => {
  if (!isHeaderStart(bytes)) return 0
  const flags = bytes[3]
  if (flags === undefined || bytes.length < 10) return undefined
  if (flags & reserved) return 0
  let length = 10
  if (flags & extra) {
    if (bytes.length < length + 2) return undefined
    length += 2 + bytes.readUInt16LE(length)
  }
  for (const text of [name, comment]) {
    if ((flags & text) === 0) continue
    const end = bytes.indexOf(0, length)
    if (end === -1) return bytes.length > longestHeader ? 0 : undefined
    length = end + 1
  }
  const end = flags & headerSum ? length + 2 : length
  if (end > bytes.length) return undefined
  return end === length || bytes.readUInt16LE(length) === sumOf(bytes.subarray(0, length)) ? end : 0
}

const sumOf = (header: Buffer): number => process.getBuiltinModule('node:zlib').crc32(header) & 0xffff

const headerSum = 2
const extra = 4
const name = 8
const comment = 16
const reserved = 0xe0
const longestHeader = 256 * 1024
