import type { Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'
import { Queue } from '../core/queue.js'

export type BufferOptions = {
  /** Maximum number of waiting records. */
  readonly count: number
  /** Maximum number of waiting bytes; a longer record waits alone. */
  readonly bytes: number
  /** What to do when the buffer is full: hold back the input, drop arriving records, or drop those that have waited longest. */
  readonly whenFull: 'block' | 'drop-new' | 'drop-old'
}

/** Maximum number of bytes emitted at once. */
const pieceSize = 64 * 1024

/** Absorbs bursts: keeps reading while the next stage is busy, until `count` records or `bytes` are waiting. Rejects nothing. */
export const createBuffer: CreateProcessor<BufferOptions> = (options, context) => {
  const queue = new Queue<Lines>()
  let count = 0
  let bytes = 0
  let held: Promise<void> | undefined
  let wake = () => {}

  const add = (lines: Lines): void => {
    if (lines.length === 0) return
    queue.add(lines)
    count += lines.length
    bytes += lines.byteLength
  }

  /** Removes the first records: as many as `most` says, or all of the first chunk. */
  const shift = (most: (lines: Lines) => number): Lines => {
    const place = queue.firstPlace
    const lines = place?.value
    if (place === undefined || lines === undefined) throw new Error('Nothing waits')
    const taken = lines.slice(0, most(lines))
    if (taken.length === lines.length) queue.shift()
    else place.value = lines.slice(taken.length)
    count -= taken.length
    bytes -= taken.byteLength
    return taken
  }

  const pump = (): void => {
    while (held === undefined && queue.size > 0) {
      held = context.emit(shift(countPiece))?.then(() => {
        held = undefined
        pump()
        wake()
      })
    }
  }

  const drop = (records: number): void => {
    context.filter(records)
    context.event('buffer.drop', { n: records })
  }

  const isFull = (): boolean => count > options.count || (bytes > options.bytes && count > 1)

  /** Adds as many of the lines as there is room for; returns their number. */
  const fill = (lines: Lines): number => {
    let taken = 0
    for (let room = bytes; taken < lines.length && count + taken < options.count; taken++) {
      room += lines.end(taken) - lines.start(taken)
      if (room > options.bytes && count + taken > 0) break
    }
    add(lines.slice(0, taken))
    return taken
  }

  const whenRoom = (): Promise<void> =>
    new Promise(resolve => {
      const done = () => {
        context.stopping.removeEventListener('abort', done)
        wake = () => {}
        resolve()
      }
      wake = done
      if (context.stopping.aborted) done()
      else context.stopping.addEventListener('abort', done)
    })

  return {
    readsAhead: true,
    push(pushed) {
      let lines = pushed
      // Lines that the next stage takes immediately do not wait.
      while (held === undefined && lines.length > 0) {
        lines = lines.slice(fill(lines))
        pump()
      }
      if (lines.length === 0) return
      if (options.whenFull === 'drop-old') {
        add(lines)
        let dropped = 0
        while (isFull()) dropped += shift(one).length
        if (dropped > 0) drop(dropped)
        return
      }
      const rest = lines.slice(fill(lines))
      if (rest.length === 0) return
      if (options.whenFull === 'drop-new') return drop(rest.length)
      context.giveBack(rest)
      return whenRoom()
    },
    async end() {
      pump()
      while (held !== undefined) await held
    },
  }
}

const one = () => 1

const countPiece = (lines: Lines): number => {
  const until = lines.start(0) + pieceSize
  let count = 1
  while (count < lines.length && lines.end(count) <= until) count++
  return count
}
