import type { Clock } from '../../core/clock.js'
import { createDeadLetterReader, type DeadLetterReader } from '../../core/dead-letters/reader.js'
import { readReplays, updateDeadLetter, updateFields } from '../../core/dead-letters/update.js'
import type { Rejected } from '../../core/envelope.js'
import { nobody, type Receipt } from '../../core/io/output.js'
import { Lines } from '../../core/lines.js'
import { isOwnLack } from '../../core/rules/classes.js'
import { neverTried } from '../../core/rules/outage.js'
import type { DeadLetters } from './append.js'
import { journalLine } from './journal.js'

export type AcknowledgeOptions = {
  /** The dead-letter file, lines as they are. */
  readonly entries: DeadLetters
  readonly journal: DeadLetters
  /** An entry that has failed in so many replays is left for a person. */
  readonly maxReplays: number
  readonly clock: Clock
}

/** Writes down what becomes of replayed entries, each known by its line number in the dead-letter file. */
export type Acknowledger = {
  /** An entry is about to be replayed; `bytes` is its whole line, kept until it has settled. */
  begin(number: number, bytes: Buffer): void
  /** The id of the record in an entry that was begun; undefined when it has none. */
  id(number: number): string | undefined
  /** Some result of an entry was handed to the output, which settles results in this order. */
  emitted(number: number, records: number): void
  /** What became of results: an entry is done when the output has taken all of it. */
  readonly results: Receipt
  /** A replay failed: the entry is updated, unless it was not even tried. */
  failed(rejected: Rejected, receipt: Receipt): void
  /** An entry that was just read has used up its replays before; never wanted. */
  park(reader: DeadLetterReader, bytes: Buffer): false
  readonly done: number
  readonly parked: number
}

export const createAcknowledger = ({ entries, journal, maxReplays, clock }: AcknowledgeOptions): Acknowledger => {
  const begun = new Map<number, Buffer>()
  const reader = createDeadLetterReader(updateFields)
  // Emitted and not yet taken, in order.
  const waiting: { readonly number: number; left: number; lost: boolean }[] = []
  let done = 0
  let parked = 0

  const finish = (records: number, lost: boolean): void => {
    for (let rest = records; rest > 0; ) {
      const first = waiting[0]
      if (first === undefined) return
      const part = Math.min(rest, first.left)
      first.left -= part
      first.lost ||= lost
      rest -= part
      if (first.left > 0) return
      waiting.shift()
      if (!first.lost) acknowledge(first.number)
      begun.delete(first.number)
    }
  }

  const acknowledge = (number: number): void => {
    const bytes = begun.get(number)
    // It failed as well, in part: it is an entry still.
    if (bytes === undefined || !reader.read(bytes, 0, bytes.length)) return
    done++
    note(reader, readReplays(reader, bytes), 'done')
  }

  const note = (from: DeadLetterReader, replays: number, outcome: 'done' | 'parked'): void => {
    const entry = from.entryBytes.toString('latin1', from.entryStart, from.entryEnd)
    journal.append(Lines.of(journalLine(entry, replays, outcome, clock.wall()), 0), nobody)
  }

  return {
    begin(number, bytes) {
      begun.set(number, bytes)
    },
    id(number) {
      const bytes = begun.get(number)
      return bytes === undefined || !reader.read(bytes, 0, bytes.length) ? undefined : reader.text('id')
    },
    emitted(number, records) {
      waiting.push({ number, left: records, lost: false })
    },
    results: {
      delivered: records => finish(records, false),
      lost: records => finish(records, true),
    },
    failed({ line: { number }, failure, attempts }, receipt) {
      const bytes = begun.get(number)
      begun.delete(number)
      // What cannot be replayed, was not tried or was refused stays in the file as it is.
      const isRefused = failure.failureClass === 'throttled'
      const isUntouched = bytes === undefined || isRefused || neverTried.has(failure.kind) || isOwnLack(failure)
      if (isUntouched || !reader.read(bytes, 0, bytes.length)) return receipt.delivered(1)
      // An entry that had never been tried uses no replay: this was its first try.
      const replays = readReplays(reader, bytes) + (neverTried.has(reader.text('kind') ?? '') ? 0 : 1)
      const update = updateDeadLetter(reader, bytes, { failure, attempts, replays, now: clock.wall() })
      entries.append(Lines.of(update, number), receipt)
      if (replays < maxReplays) return
      parked++
      note(reader, replays, 'parked')
    },
    park(from, bytes) {
      parked++
      note(from, readReplays(from, bytes), 'parked')
      return false
    },
    get done() {
      return done
    },
    get parked() {
      return parked
    },
  }
}
