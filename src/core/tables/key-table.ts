import { viewOf } from '../json/view-of.js'
import { createKeyHash } from './key-hash.js'

/** At most `max` keys, each with a number of its own: its slot, in which the caller keeps what belongs to the key. */
export type KeyTable = {
  /** How many keys are held. */
  readonly size: number
  /** The slot of a key, which is now the most recently used; ~slot, below 0, when the key was not there and has been added. */
  use(bytes: Uint8Array, start: number, end: number): number
  /** The slot of a key, or -1; it counts as no use. */
  find(bytes: Uint8Array, start: number, end: number): number
  /** Whether this is the key in a slot. */
  holds(slot: number, bytes: Uint8Array, start: number, end: number): boolean
  /** A copy of the key in a slot. */
  key(slot: number): Buffer
  /** Takes a key out, `leave` is not called; an empty slot stays empty. */
  remove(slot: number): void
  /** The least recently used slot, or -1. */
  oldest(): number
  /** The slot used next after this one, or -1: from `oldest` on, all of them. */
  newer(slot: number): number
}

export type KeyTableOptions = {
  /** Keys held at most; slots are numbered from 0 to one less. */
  readonly max: number
  /** Bytes of all keys held at most, 256 MiB if not given (four times that in memory); a longer key stands alone. */
  readonly maxBytes?: number
  /** Called before the least recently used key leaves for a new one, while its slot still holds it. */
  readonly leave?: (slot: number) => void
}

const defaultMaxBytes = 256 * 2 ** 20

const OFFSET = 0
const LENGTH = 1
const OLDER = 2
const NEWER = 3

/** Finds the slot of a key by its bytes, in constant time and flat memory; when full, the least recently used key leaves. */
export const createKeyTable = ({ max, maxBytes = defaultMaxBytes, leave }: KeyTableOptions): KeyTable => {
  if (!(max >= 1 && max <= 2 ** 28)) throw new RangeError(`Cannot hold ${max} keys; expected 1 to ${2 ** 28}`)
  const hashOf = createKeyHash()
  // For each slot, in one line of the processor's cache: where its key lies, how long it is, and its neighbours in
  // order of use. Its hash is needed when the index changes only.
  let slots = new Int32Array(0)
  let hashes = new Int32Array(0)
  // Keys one after another; holes are closed when it is full.
  let arena = Buffer.allocUnsafeSlow(1024)
  let arenaView = new DataView(arena.buffer)
  let used = 0
  let live = 0
  // Pairs of hash and slot + 1, open addressing; at most half full.
  let index = new Int32Array(2 * 16)
  let mask = 15
  let size = 0
  let first = -1
  let last = -1
  // Slots given back, chained through their newer neighbours.
  let free = -1
  let fresh = 0

  const holds = (slot: number, bytes: Uint8Array, start: number, end: number) => {
    const length = end - start
    if (slots[4 * slot + LENGTH] !== length) return false
    const offset = slots[4 * slot + OFFSET] as number
    if (length > 64) return arena.compare(bytes, start, start + length, offset, offset + length) === 0
    const view = viewOf(bytes)
    const last = length - 4
    for (let at = 0; at < last; at += 4) {
      if (arenaView.getInt32(offset + at, true) !== view.getInt32(start + at, true)) return false
    }
    // The last four overlap with those before.
    if (last >= 0) return arenaView.getInt32(offset + last, true) === view.getInt32(start + last, true)
    for (let at = 0; at < length; at++) if (arena[offset + at] !== bytes[start + at]) return false
    return true
  }

  const lookUp = (hash: number, bytes: Uint8Array, start: number, end: number) => {
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const slot = (index[2 * place + 1] as number) - 1
      if (slot < 0) return -1
      if (index[2 * place] === hash && holds(slot, bytes, start, end)) return slot
    }
  }

  const enter = (hash: number, slot: number) => {
    let place = hash & mask
    while (index[2 * place + 1] !== 0) place = (place + 1) & mask
    index[2 * place] = hash
    index[2 * place + 1] = slot + 1
  }

  // What was pushed past the gap moves back into it: no tombstones, so a table that turns over does not slow down.
  const leaveIndex = (slot: number) => {
    let gap = (hashes[slot] as number) & mask
    while (index[2 * gap + 1] !== slot + 1) gap = (gap + 1) & mask
    for (let place = (gap + 1) & mask; index[2 * place + 1] !== 0; place = (place + 1) & mask) {
      const home = (index[2 * place] as number) & mask
      if (((place - home) & mask) < ((place - gap) & mask)) continue
      index[2 * gap] = index[2 * place] as number
      index[2 * gap + 1] = index[2 * place + 1] as number
      gap = place
    }
    index[2 * gap + 1] = 0
  }

  const unlink = (slot: number) => {
    const before = slots[4 * slot + OLDER] as number
    const after = slots[4 * slot + NEWER] as number
    if (before < 0) first = after
    else slots[4 * before + NEWER] = after
    if (after < 0) last = before
    else slots[4 * after + OLDER] = before
  }

  const linkLast = (slot: number) => {
    slots[4 * slot + OLDER] = last
    slots[4 * slot + NEWER] = -1
    if (last < 0) first = slot
    else slots[4 * last + NEWER] = slot
    last = slot
  }

  const remove = (slot: number) => {
    if (!(slot >= 0 && slot < fresh) || (slots[4 * slot + LENGTH] as number) < 0) return
    leaveIndex(slot)
    unlink(slot)
    live -= slots[4 * slot + LENGTH] as number
    size--
    slots[4 * slot + LENGTH] = -1
    slots[4 * slot + NEWER] = free
    free = slot
  }

  const makeRoom = (length: number) => {
    while (size > 0 && (size >= max || live + length > maxBytes)) {
      const slot = first
      leave?.(slot)
      remove(slot)
    }
    if (free < 0 && fresh === hashes.length) growSlots()
    if (2 * (size + 1) > mask) growIndex()
    if (used + length > arena.length) growArena(length)
  }

  const growSlots = () => {
    const length = Math.min(max, Math.max(16, 2 * hashes.length))
    slots = resize(slots, 4 * length)
    hashes = resize(hashes, length)
  }

  // In the order of the old index: each half of the new one is written from its beginning to its end, as memory likes it.
  const growIndex = () => {
    const old = index
    index = new Int32Array(2 * old.length)
    mask = index.length / 2 - 1
    for (let at = 0; at < old.length; at += 2) {
      const entered = old[at + 1] as number
      if (entered !== 0) enter(old[at] as number, entered - 1)
    }
  }

  const growArena = (length: number) => {
    let capacity = arena.length
    while (live + length > capacity / 2) capacity *= 2
    const next = Buffer.allocUnsafeSlow(capacity)
    const isWhole = used === live
    if (isWhole) arena.copy(next, 0, 0, used)
    else used = 0
    for (let slot = isWhole ? -1 : first; slot >= 0; slot = slots[4 * slot + NEWER] as number) {
      const offset = slots[4 * slot + OFFSET] as number
      const end = offset + (slots[4 * slot + LENGTH] as number)
      slots[4 * slot + OFFSET] = used
      used += arena.copy(next, used, offset, end)
    }
    arena = next
    arenaView = new DataView(arena.buffer)
  }

  const add = (hash: number, bytes: Uint8Array, start: number, end: number) => {
    makeRoom(end - start)
    const slot = free < 0 ? fresh++ : free
    if (slot === free) free = slots[4 * slot + NEWER] as number
    slots[4 * slot + OFFSET] = used
    slots[4 * slot + LENGTH] = end - start
    hashes[slot] = hash
    for (let at = start; at < end; at++) arena[used++] = bytes[at] as number
    live += end - start
    size++
    enter(hash, slot)
    linkLast(slot)
    return slot
  }

  return {
    get size() {
      return size
    },
    use(bytes, start, end) {
      const hash = hashOf(bytes, start, end)
      const slot = lookUp(hash, bytes, start, end)
      if (slot < 0) return ~add(hash, bytes, start, end)
      if (slot !== last) {
        unlink(slot)
        linkLast(slot)
      }
      return slot
    },
    find: (bytes, start, end) => lookUp(hashOf(bytes, start, end), bytes, start, end),
    holds,
    key(slot) {
      const offset = slots[4 * slot + OFFSET] as number
      return Buffer.from(arena.subarray(offset, offset + (slots[4 * slot + LENGTH] as number)))
    },
    remove,
    oldest: () => first,
    newer: slot => slots[4 * slot + NEWER] as number,
  }
}

const resize = (from: Int32Array<ArrayBuffer>, length: number) => {
  const to = new Int32Array(length)
  to.set(from)
  return to
}
