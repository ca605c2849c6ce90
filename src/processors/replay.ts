import { createDeadLetterReader, cutRecord, type DeadLetterReader, type Field } from '../core/dead-letters/reader.js'
import { isOtherVersion } from '../core/dead-letters/version.js'
import { Failure } from '../core/failure.js'
import type { Path } from '../core/json/path.js'
import { joinLines, type Line, Lines } from '../core/lines.js'
import type { Context, CreateProcessor, Processor } from '../core/processor.js'
import type { Gcra } from '../core/rules/gcra.js'
import { wait } from '../core/wait.js'

export type ReplayOptions = {
  /** What `show` looks at. */
  readonly fields: readonly Field[]
  readonly where: readonly Path[]
  /** Which lines count for entries that are to be replayed, and which cannot be read at all; others are passed over unread. */
  readonly look: (number: number) => 'wanted' | 'unreadable' | 'passed'
  /** Where the record of such a line begins, for `cutRecord`: what was read once is not read again. */
  readonly recordAt: (number: number) => number
  /** Asked last, about an entry that would be replayed. */
  readonly isWanted?: (number: number, bytes: Buffer) => boolean
  /** Lines after this one came after the start and are not read. */
  readonly lastLine: number
  /** What is made of an entry in the place of its record. */
  readonly show?: (reader: DeadLetterReader, bytes: Buffer) => Buffer
  /** Maximum number of entries. */
  readonly limit: number
  /** Limits the rate of entries. */
  readonly rates: readonly Gcra[]
  /** What is done with the records, each a line with the number of its entry; without it they are emitted. */
  readonly calls?: { readonly create: (context: Context) => Processor } & Calls
}

/** Is notified of the outcome of entries that calls are made for. */
type Calls = {
  begin(number: number, entry: Buffer): void
  emitted(number: number, lines: number, records: number): void
  filtered(number: number): void
}

/** Extracts the records from the entries of a dead-letter file, oldest first. */
export const createReplay: CreateProcessor<ReplayOptions> = (options, context) => {
  const { lastLine, limit, rates, calls } = options
  const reader = createDeadLetterReader(options.fields, options.where)
  let left = limit
  let isFull = false
  const inner = calls?.create({
    ...context,
    emit(lines, records = lines.length) {
      calls.emitted(lines.number, lines.length, records)
      return context.emit(lines, records)
    },
    filter(records, number) {
      if (number !== undefined) calls.filtered(number)
      context.filter(records)
    },
    giveBack(lines) {
      isFull = lines.length > 0
    },
  })

  /** The record of an entry; undefined for a line that is passed over. */
  const take = (line: Line): Line | undefined => {
    const { bytes, number, file } = line
    const found = options.look(number)
    if (found === 'passed') return undefined
    if (found === 'wanted' && options.isWanted?.(number, bytes) === false) return undefined
    const known =
      found === 'wanted' && options.show === undefined ? cutRecord(bytes, options.recordAt(number)) : undefined
    if (known !== undefined) return { bytes: known, number, file }
    if (found === 'unreadable' || !reader.read(bytes, 0, bytes.length)) {
      const what = isOtherVersion(bytes, 0, bytes.length) ? 'was written by another version' : 'is a damaged entry'
      throw new Failure('parse', 'input', `Line ${number} ${what}`)
    }
    const record = options.show?.(reader, bytes) ?? reader.record()
    if (record !== undefined) return { bytes: record, number, file }
    throw new Failure('too_long', 'input', `Line ${number} has only part of a record: it cannot be replayed`)
  }

  return {
    ...inner,
    push(lines) {
      const taken: Line[] = []
      const pass = () => (taken.length === 0 ? undefined : context.emit(joinLines(taken)))
      for (let index = 0; index < lines.length; index++) {
        const line = lines.at(index)
        if (left === 0 || line.number > lastLine) {
          context.giveBack(lines.slice(index))
          const held = pass()
          context.stop()
          return held
        }
        let record: Line | undefined
        try {
          record = take(line)
        } catch (error) {
          if (!(error instanceof Failure)) throw error
          context.reject(line, error)
          continue
        }
        if (record === undefined) {
          context.filter(1)
          continue
        }
        const early = takeAll(rates, context.clock.now())
        if (early > 0) {
          context.giveBack(lines.slice(index))
          return waitFor(early, pass(), context)
        }
        left--
        if (inner === undefined) {
          taken.push(record)
          continue
        }
        calls?.begin(line.number, Buffer.from(line.bytes))
        isFull = false
        const held = inner.push(Lines.fromLine(record))
        if (isFull) {
          left++
          context.giveBack(lines.slice(index))
          return held
        }
        if (held !== undefined) {
          context.giveBack(lines.slice(index + 1))
          return held
        }
      }
      return pass()
    },
  }
}

/** Takes one slot of each limit and returns 0, or takes none and returns the milliseconds to wait. */
const takeAll = (rates: readonly Gcra[], now: number): number => {
  const wait = Math.max(0, ...rates.map(rate => rate.wait(now)))
  if (wait === 0) for (const rate of rates) rate.charge(now, 1)
  return wait
}

/** Resolves when the next entry is due and the emitted lines are taken, or when the run ends. */
const waitFor = async (ms: number, held: void | Promise<void>, { clock, stopping }: Context): Promise<void> => {
  await Promise.all([held, wait(ms, clock, stopping)])
}
