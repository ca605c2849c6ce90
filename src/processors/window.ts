import type { HeldBytes } from '../core/aggregates/column.js'
import type { AggregateSpec } from '../core/aggregates/parse.js'
import type { Cancel } from '../core/clock.js'
import { Failure } from '../core/failure.js'
import { joinWaits } from '../core/join-waits.js'
import { KeyReader } from '../core/json/key-reader.js'
import type { Path } from '../core/json/path.js'
import { readTime } from '../core/json/read-time.js'
import { missingField, parseFailure } from '../core/json/record-failures.js'
import { Rows } from '../core/json/rows.js'
import type { Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'
import type { KeyOptions } from './keyed/key-finder.js'
import { type Columns, createColumns, type DatadogSketch } from './window/columns.js'
import { Groups, type Placing } from './window/groups.js'
import { createOpenKeys, tooMany } from './window/open-keys.js'
import { createOutlet } from './window/outlet.js'
import { createSessionSpans } from './window/session-spans.js'
import type { CreateSpans, Spans } from './window/spans.js'
import { createTimeSpans } from './window/time-spans.js'
import { createWholeSpans } from './window/whole-spans.js'

export type WindowOptions = {
  /** Windows of so many milliseconds, sessions that a gap ends, so many records, or all of them. */
  readonly span:
    | { readonly size: number; readonly slide?: number | undefined }
    | { readonly gap: number }
    | { readonly count: number }
    | 'all'
  /** The figures of a window, of `parseAggregates`. */
  readonly aggregates: readonly AggregateSpec[]
  /** Where the time of a record is; that of its arrival unless given. */
  readonly time?: TimeOptions | undefined
  /** Windows for each key. */
  readonly by?: KeyOptions | undefined
  /** Keys in open windows at most; a record with another one fails. */
  readonly maxKeys: number
  /** Bytes of keys and values in open windows at most; while there are more, records fail. */
  readonly maxBytes: number
}

export type TimeOptions = {
  readonly path: Path
  /** Milliseconds that a record may be behind the latest time. */
  readonly lateness: number
  /** What becomes of a record whose windows are all closed: it is dropped, given away, or fails unless given. */
  readonly late?: 'drop' | ((lines: Lines) => void) | undefined
  /** When nothing has come for so many milliseconds, time goes on by the clock. */
  readonly idle?: number | undefined
  /** A time so many milliseconds after that of the clock is wrong. */
  readonly maxAhead: number
}

/** Puts records into windows of time or of number, each key on its own, and emits figures of each window when it is over. */
export const createWindows: CreateProcessor<WindowOptions> = (options, context) => {
  const { span, aggregates, time, by, maxKeys, maxBytes } = options
  const { clock, stopping } = context
  const held: HeldBytes = { bytes: 0 }
  const reader = by === undefined ? undefined : new KeyReader(by.key)
  const keys = by === undefined ? undefined : createOpenKeys(maxKeys, held)
  const record: Placing = { time: 0, slot: 0, number: 0, file: undefined }
  const timeAt = by?.key.length ?? 0
  const firstValue = timeAt + (time === undefined ? 0 : 1)
  let columns: Columns
  let rows: Rows
  let groups: Groups
  let spans: Spans
  let outlet: ReturnType<typeof createOutlet>
  let present: Uint8Array
  // A run that ends at once, as with a reader that is gone, begins nothing.
  let isBegun = false
  let latest = Number.NEGATIVE_INFINITY
  let lastPush = clock.now()
  // Up to where the clock has moved `latest` on.
  let lastTick = lastPush
  let late = 0
  let holding: void | Promise<void>
  let timer: { readonly at: number; readonly cancel: Cancel } | undefined

  const begin = (createSketch?: () => DatadogSketch): void => {
    columns = createColumns(aggregates, held, createSketch)
    rows = new Rows([
      ...(by?.key ?? []),
      ...(time === undefined ? [] : [time.path]),
      ...columns.fields.map(({ path }) => path),
    ])
    present = new Uint8Array(columns.fields.length)
    groups = new Groups(columns, keys)
    spans = chooseSpans(span)(groups)
    outlet = createOutlet(groups, context)
    isBegun = true
  }

  const watermark = (): number => (time === undefined ? latest : latest - time.lateness)

  /** Lets the time go on without records. */
  const tick = (now: number): void => {
    if (time === undefined) latest = Math.max(latest, clock.wall())
    else if (time.idle !== undefined && now - lastPush >= time.idle) {
      latest += now - lastTick
      lastTick = now
    }
  }

  const close = (): void => {
    const mark = watermark()
    if (mark < spans.due) return
    spans.close(mark, row => outlet.put(row))
    hold(outlet.flush())
  }

  const hold = (promise: void | Promise<void>): void => {
    holding = joinWaits(holding, promise)
  }

  // Called from `place` for each row.
  const add = (row: number): void => groups.add(row, record.time, present)

  const fail = (lines: Lines, index: number, kind: 'field' | 'unmatched', problem: string): void =>
    context.reject(lines.at(index), new Failure(kind, 'input', `Line ${lines.number + index} ${problem}`))

  /** Takes over the time of the record; false when it has none, and was rejected. */
  const readMoment = (lines: Lines, index: number, row: number, wall: number): boolean => {
    if (time === undefined) {
      record.time = latest
      return true
    }
    const at = row * rows.width + timeAt
    const start = rows.starts[at] as number
    if (start < 0) {
      context.reject(lines.at(index), missingField(lines.number + index, time.path, '--ts'))
      return false
    }
    const moment = readTime(lines.bytes, start, rows.ends[at] as number)
    if (moment === undefined) {
      fail(
        lines,
        index,
        'field',
        `has no time at ${time.path.text}: --ts takes RFC 3339 with a zone, or seconds or milliseconds since 1970`,
      )
      return false
    }
    if (moment > wall + time.maxAhead) {
      fail(lines, index, 'field', `is ahead of the clock by more than --max-ahead at ${time.path.text}`)
      return false
    }
    record.time = moment
    if (moment > latest) latest = moment
    return true
  }

  /** Finds the slot of the key; false when the record has been dealt with. */
  const readSlot = (lines: Lines, index: number, row: number): boolean => {
    if (reader === undefined || keys === undefined) return true
    if (!reader.read(rows, lines.bytes, row)) {
      if (by?.missing === 'pass') hold(context.emit(lines.slice(index, index + 1)))
      else if (by?.missing === 'drop') context.filter(1)
      else context.reject(lines.at(index), missingField(lines.number + index, reader.missing as Path, '--key'))
      return false
    }
    record.slot = keys.find(reader, rows, lines.bytes, row)
    if (record.slot !== tooMany) return true
    fail(lines, index, 'unmatched', `has another key than the ${maxKeys} of --max-keys`)
    return false
  }

  /** Lets the columns look at their values; false when one is of the wrong type, and the record was rejected. */
  const readValues = (lines: Lines, index: number, row: number): boolean => {
    const { fields } = columns
    const first = row * rows.width + firstValue
    for (let at = 0; at < fields.length; at++) {
      const { path, column } = fields[at] as Columns['fields'][number]
      const start = rows.starts[first + at] as number
      present[at] = start < 0 || lines.bytes[start] === letterN ? 0 : 1
      if (present[at] === 0 || column.read(lines.bytes, start, rows.ends[first + at] as number)) continue
      fail(lines, index, 'field', `has a value at ${path.text} that is not ${column.wanted}; --agg needs one`)
      return false
    }
    return true
  }

  const leaveLate = (lines: Lines, index: number): void => {
    late++
    const what = time?.late
    if (what === 'drop') context.filter(1)
    else if (what !== undefined) what(lines.slice(index, index + 1))
    else fail(lines, index, 'unmatched', 'is late: its windows are closed; --lateness keeps them open longer')
  }

  const look = (lines: Lines, index: number, wall: number): void => {
    const row = rows.find(lines, index)
    if (rows.good[row] === 0) {
      const line = lines.at(index)
      return context.reject(line, parseFailure(line))
    }
    if (!readMoment(lines, index, row, wall)) return
    if (held.bytes > maxBytes) {
      return fail(
        lines,
        index,
        'unmatched',
        `finds ${maxBytes} bytes of keys and values in open windows, the most there may be`,
      )
    }
    if (!readValues(lines, index, row) || !readSlot(lines, index, row)) return
    record.number = lines.number + index
    if (spans.place(record, watermark(), add)) return
    keys?.forgetUnused(record.slot)
    leaveLate(lines, index)
  }

  /** Wakes when the next window closes without a record. */
  const arm = (): void => {
    const now = clock.now()
    const wait = time === undefined ? spans.due - clock.wall() : waitForIdle(time, now)
    const at = now + Math.max(0, wait)
    if (timer !== undefined && timer.at <= at) return
    timer?.cancel()
    timer = undefined
    if (at === Number.POSITIVE_INFINITY) return
    const cancel = clock.after(at - now, () => {
      timer = undefined
      tick(clock.now())
      close()
      arm()
    })
    timer = { at, cancel }
  }

  const waitForIdle = ({ idle, lateness }: TimeOptions, now: number): number => {
    if (idle === undefined) return Number.POSITIVE_INFINITY
    return Math.max(lastPush + idle, lastTick + spans.due + lateness - latest) - now
  }

  return {
    holdsNothing: true,
    start() {
      if (!aggregates.some(({ is }) => is === 'percentile')) return begin()
      return import('@datadog/sketches-js').then(({ DDSketch }) => begin(() => new DDSketch()))
    },
    push(lines) {
      const now = clock.now()
      tick(now)
      lastPush = now
      lastTick = now
      close()
      const wall = time === undefined ? 0 : clock.wall()
      record.file = lines.file
      for (let index = 0; index < lines.length; index++) {
        look(lines, index, wall)
        close()
        // It was one too many: no more of the push is wanted.
        if (stopping.aborted) {
          context.giveBack(lines.slice(index + 1))
          break
        }
      }
      arm()
      const waiting = holding
      holding = undefined
      return waiting
    },
    async end() {
      timer?.cancel()
      if (!isBegun) return
      const isPartial = stopping.aborted
      const left: number[] = []
      spans.close(Number.POSITIVE_INFINITY, row => left.push(row))
      for (const row of left) {
        outlet.put(row, { isOver: true, isPartial })
        if (outlet.isFull) await outlet.flush()
      }
      await outlet.flush()
      await holding
      if (late > 0) context.event('told', { late })
    },
  }
}

const letterN = 0x6e

const chooseSpans = (span: WindowOptions['span']): CreateSpans => {
  if (span === 'all') return createWholeSpans(Number.POSITIVE_INFINITY)
  if ('count' in span) return createWholeSpans(span.count)
  if ('gap' in span) return createSessionSpans(span.gap)
  return createTimeSpans(span.size, span.slide ?? span.size)
}
