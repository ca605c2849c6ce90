import { joinWaits } from '../../core/join-waits.js'
import { Lines } from '../../core/lines.js'
import type { Context } from '../../core/processor.js'
import { GrowingBuffer } from '../../core/tables/growing-buffer.js'
import type { Groups } from './groups.js'

/** Emits the records of rows that are over, many at a time. */
export const createOutlet = (groups: Groups, context: Context) => {
  let buffer = new GrowingBuffer(1024)
  let ends: number[] = []
  let records = 0
  // The earliest record of those that leave, to resume from if they are lost.
  let number = Number.POSITIVE_INFINITY
  let file: string | undefined
  let waiting: void | Promise<void>

  const send = (): void => {
    if (ends.length === 0) return
    const lines = new Lines(buffer.view(), 0, Int32Array.from(ends), 0, ends.length, number, file)
    buffer = new GrowingBuffer(most + 4096)
    ends = []
    number = Number.POSITIVE_INFINITY
    const settled = records
    records = 0
    waiting = joinWaits(waiting, context.emit(lines, settled))
  }

  return {
    /** Writes a row, which is free then unless the input is over. */
    put(row: number, { isOver = false, isPartial = false } = {}): void {
      if (buffer.length > most) send()
      groups.write(row, buffer, isPartial)
      ends.push(buffer.length)
      records += groups.settled(row)
      if (groups.number(row) < number) {
        number = groups.number(row)
        file = groups.file(row)
      }
      if (!isOver) groups.remove(row)
    },
    get isFull() {
      return buffer.length > most
    },
    /** Emits what was put; a promise asks to hold back. */
    flush(): void | Promise<void> {
      send()
      const held = waiting
      waiting = undefined
      return held
    },
  }
}

const most = 64 * 1024
