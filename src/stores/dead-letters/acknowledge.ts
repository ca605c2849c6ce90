import type { Clock } from '../../core/clock.js'
import { createDeadLetterReader, findEntryName } from '../../core/dead-letters/reader.js'
import { updateDeadLetter, updateFields } from '../../core/dead-letters/update.js'
import type { Rejected } from '../../core/envelope.js'
import type { Failure } from '../../core/failure.js'
import { nobody, type Receipt } from '../../core/io/output.js'
import { Lines } from '../../core/lines.js'
import { isOwnLack } from '../../core/rules/classes.js'
import { neverTried } from '../../core/rules/outage.js'
import type { DeadLetters } from './append.js'
import { journalLine, type Outcome } from './journal.js'

export type AcknowledgeOptions = {
  /** The dead-letter file, lines as they are. */
  readonly entries: DeadLetters
  readonly journal: DeadLetters
  /** An entry that has failed in this many replays is parked. */
  readonly maxReplays: number
  readonly clock: Clock
}

/** Writes down the outcome of replayed entries, each known by its line number in the dead-letter file. */
export type Acknowledger = {
  /** An entry is about to be replayed: its whole line, kept until it has settled, and how often it was replayed before. */
  begin(number: number, bytes: Buffer, replays: number): void
  /** The id of the record in an entry that was begun; undefined when it has none. */
  id(number: number): string | undefined
  /** Whether the record of an entry that was begun was a line of text. */
  isText(number: number): boolean
  /** Some result of an entry was handed to the output, which settles results in this order. */
  emitted(number: number, lines: number, records: number): void
  /** An entry was replayed and has no result: it is done. */
  filtered(number: number): void
  /** The outcome of results: an entry is done when the output has taken all of it. */
  readonly results: Receipt
  /** A replay failed: the entry is updated, unless it was not even tried. */
  failed(rejected: Rejected, receipt: Receipt): void
  /** An entry, by its whole line, has used up its replays before. */
  park(bytes: Buffer, replays: number): void
  /** The replay has ended: what failed for a reason that may pass has used up a replay. */
  charge(): void
  /** How many were parked. */
  readonly parked: number
  /** How many failed. */
  readonly failures: number
}

export const createAcknowledger = ({ entries, journal, maxReplays, clock }: AcknowledgeOptions): Acknowledger => {
  const begun = new Map<number, Begun>()
  const reader = createDeadLetterReader(updateFields)
  // Emitted and not yet taken, in order.
  const waiting: Emitted[] = []
  const charges: { readonly entry: string; readonly replays: number }[] = []
  let parked = 0
  let failures = 0

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
      if (!first.lost) acknowledge(first.number, first.outcome)
      begun.delete(first.number)
    }
  }

  const acknowledge = (number: number, outcome: Outcome): void => {
    const one = begun.get(number)
    // It failed as well, in part: it is an entry still.
    if (one !== undefined) note(one.entry, one.replays, outcome)
  }

  const note = (entry: string, replays: number, outcome: Outcome): void => {
    if (outcome === 'parked') parked++
    journal.append(Lines.of(journalLine(entry, replays, outcome, clock.wall()), 0), nobody)
  }

  return {
    begin(number, bytes, replays) {
      begun.set(number, { bytes, entry: findEntryName(bytes), replays })
    },
    id(number) {
      const one = begun.get(number)
      return one === undefined || !reader.read(one.bytes, 0, one.bytes.length) ? undefined : reader.text('id')
    },
    isText(number) {
      const one = begun.get(number)
      return one !== undefined && reader.read(one.bytes, 0, one.bytes.length) && reader.start('rawInput') !== -1
    },
    emitted(number, lines, records) {
      waiting.push({ number, outcome: lines === 0 ? 'filtered' : 'done', left: records, lost: false })
    },
    filtered(number) {
      acknowledge(number, 'filtered')
      begun.delete(number)
    },
    results: {
      delivered: records => finish(records, false),
      lost: records => finish(records, true),
    },
    failed({ line: { number }, failure, attempts }, receipt) {
      failures++
      const one = begun.get(number)
      begun.delete(number)
      // Entries that cannot be replayed, were not tried or were refused are not changed.
      const isRefused = failure.failureClass === 'throttled'
      const isUntouched = one === undefined || isRefused || neverTried.has(failure.kind) || isOwnLack(failure)
      if (isUntouched || !reader.read(one.bytes, 0, one.bytes.length)) return receipt.delivered(1)
      // An entry that had never been tried uses no replay: this was its first try.
      const charge = neverTried.has(reader.text('kind') ?? '') ? 'never' : chargeOf(failure)
      const replays = one.replays + (charge === 'now' ? 1 : 0)
      const update = updateDeadLetter(reader, one.bytes, { failure, attempts, replays, now: clock.wall() })
      entries.append(Lines.of(update, number), receipt)
      if (charge === 'now' && replays >= maxReplays) note(one.entry, replays, 'parked')
      if (charge === 'later') charges.push({ entry: one.entry, replays: one.replays + 1 })
    },
    park: (bytes, replays) => note(findEntryName(bytes), replays, 'parked'),
    charge() {
      for (const { entry, replays } of charges.splice(0)) {
        note(entry, replays, replays >= maxReplays ? 'parked' : 'charged')
      }
    },
    get parked() {
      return parked
    },
    get failures() {
      return failures
    },
  }
}

type Begun = {
  readonly bytes: Buffer
  readonly entry: string
  readonly replays: number
}

type Emitted = { readonly number: number; readonly outcome: Outcome; left: number; lost: boolean }

/** When a failed replay counts: one that may pass at the end of the run, so that an outage parks nothing. */
const chargeOf = ({ kind, failureClass }: Failure): 'now' | 'later' | 'never' => {
  if (failureClass === 'throttled') return 'never'
  if (failureClass !== 'transient') return 'now'
  // Our own lack of processes or memory.
  return kind === 'spawn' ? 'never' : 'later'
}
