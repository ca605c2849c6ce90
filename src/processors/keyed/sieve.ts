import type { Lines } from '../../core/lines.js'
import { Neighbours } from '../../core/neighbours.js'
import type { Context, Processor } from '../../core/processor.js'
import { createKeyFinder, type KeyFinder, type KeyOptions } from './key-finder.js'

/** Decides by a range of bytes (the key, or the record without its newline) whether the record is kept. */
export type Keeps = (bytes: Buffer, start: number, end: number) => boolean

/** Is told of the keys of `most` records at most before `keeps` is asked for each of them, in the same order. */
export type LookAhead = {
  readonly most: number
  begin(): void
  see(bytes: Buffer, start: number, end: number): void
  end(): void
}

export type SieveOptions = {
  /** The key that decides; without it, the whole record. */
  readonly by?: KeyOptions | undefined
  readonly keeps: Keeps
  /** With it, `keeps` is asked when the bytes of its key may be gone. */
  readonly ahead?: LookAhead | undefined
  /** Called for each emitted record, in order: true if it was kept by its key, false if it passed without one. */
  readonly left?: ((wasKept: boolean) => void) | undefined
}

/** Emits the records that are kept; the others count as filtered. */
export const createSieve = ({ by, keeps, ahead, left }: SieveOptions, context: Context): Processor => {
  const finder = by === undefined ? undefined : createKeyFinder(by)
  const founds: ReturnType<KeyFinder['find']>[] = []

  const judge = (lines: Lines, index: number) => {
    if (ahead !== undefined) {
      const place = index % ahead.most
      if (place === 0) lookAhead(ahead, lines, index)
      const found = founds[place] as (typeof founds)[number]
      if (found !== true) return found
      return keeps(lines.bytes, lines.start(index), lines.end(index) - 1) ? 'keep' : 'drop'
    }
    if (finder === undefined) return keeps(lines.bytes, lines.start(index), lines.end(index) - 1) ? 'keep' : 'drop'
    const found = finder.find(lines, index)
    if (found !== true) return found
    const { bytes, start, end } = finder.key
    return keeps(bytes, start, end) ? 'keep' : 'drop'
  }

  const lookAhead = ({ most, begin, see, end }: LookAhead, lines: Lines, from: number): void => {
    begin()
    const until = Math.min(lines.length, from + most)
    for (let index = from; index < until; index++) {
      const found = finder === undefined || finder.find(lines, index)
      founds[index - from] = found
      if (found !== true) continue
      if (finder === undefined) see(lines.bytes, lines.start(index), lines.end(index) - 1)
      else see(finder.key.bytes, finder.key.start, finder.key.end)
    }
    end()
  }

  return {
    holdsNothing: true,
    push(lines) {
      const passing = new Neighbours((from, until) => context.emit(lines.slice(from, until)))
      let dropped = 0
      for (let index = 0; index < lines.length; index++) {
        const what = judge(lines, index)
        if (what === 'keep' || what === 'pass') {
          left?.(what === 'keep')
          continue
        }
        passing.leaveOut(index)
        if (what === 'drop') {
          dropped++
          continue
        }
        context.reject(lines.at(index), what)
        if (!context.stopping.aborted) continue
        // The run was stopped because too many records failed: the rest of the push is given back.
        context.giveBack(lines.slice(index + 1))
        context.filter(dropped)
        return passing.end(index + 1)
      }
      context.filter(dropped)
      return passing.end(lines.length)
    },
  }
}
