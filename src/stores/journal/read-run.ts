import { Lines } from '../../core/lines.js'
import { checksum } from './checksum.js'
import { Gathered } from './gathered.js'
import type { Outcomes } from './outcomes.js'
import type { FileWindow } from './window.js'

/** At most so many lines, and about so many bytes of results. */
const maxLines = 1024
const maxBytes = 256 * 1024

/**
 * The results of the first of these lines: as many as have the outcome `ok` of the same bytes, and a result of one line. A whole
 * run of lines costs a fifth of what they cost one by one.
 */
export const readRun = (outcomes: Outcomes, file: number, lines: Lines, window: FileWindow): Lines => {
  if (!outcomes.has(file, lines.number)) return Lines.none
  const ends = new Int32Array(Math.min(lines.length, maxLines))
  const results = new Gathered(128 * ends.length)
  let count = 0
  while (count < ends.length && results.length < maxBytes) {
    const found = outcomes.find(file, lines.number + count)
    if (found?.word !== 'ok' || found.length === 0) break
    if (found.content !== checksum(lines.bytes, lines.start(count), lines.end(count))) break
    const at = window.find(found.offset, found.length)
    if (at === -1 || window.block.indexOf(newline, at) !== at + found.length - 1) break
    results.add(window.block, at, at + found.length)
    ends[count++] = results.length
  }
  return count === 0 ? Lines.none : new Lines(results.bytes, 0, ends, 0, count, lines.number, lines.file)
}

const newline = 0x0a
