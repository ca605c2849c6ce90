import { createFakeClock } from '../../src/core/clock.js'
import type { Failure } from '../../src/core/failure.js'
import { joinLines, Lines } from '../../src/core/lines.js'
import type { Context, Processor, Stop } from '../../src/core/processor.js'

/** Lines that arrive together, so many milliseconds after the start. */
export type Arrival = readonly [at: number, ...lines: string[]]

export type Driven = {
  /** What was emitted, line by line, and when. */
  readonly out: readonly (readonly [at: number, line: string])[]
  readonly rejected: readonly { readonly at: number; readonly kind: Failure['kind']; readonly line: string }[]
  /** The lines left to the next run. */
  readonly left: readonly { readonly at: number; readonly number: number }[]
  readonly filtered: number
  readonly events: readonly string[]
  /** Records that `emit` settled. */
  readonly delivered: number
  /** Records that were taken: not given back. */
  readonly taken: number
  readonly stopped: boolean
  readonly stop: Stop | undefined
  /** When it was stopped. */
  readonly stoppedAt: number | undefined
}

export type DriveOptions = {
  /** The run is cut short after so many milliseconds. */
  readonly cutAt?: number
  /** The reader takes each emitted piece so many milliseconds later. */
  readonly slow?: number
  /** When the time stops; a day. */
  readonly until?: number
}

/** Runs a processor on a clock of its own: timed lines in, timed lines out. */
export const drive = async (
  create: (context: Context) => Processor,
  arrivals: readonly Arrival[],
  { cutAt, slow, until = 86_400_000 }: DriveOptions = {},
): Promise<Driven> => {
  const clock = createFakeClock()
  const cut = new AbortController()
  const out: [number, string][] = []
  const rejected: { at: number; kind: Failure['kind']; line: string }[] = []
  const events: string[] = []
  const queue: Lines[] = []
  const counts = { filtered: 0, delivered: 0, taken: 0 }
  let stopped = false
  let stop: Stop | undefined
  let stoppedAt: number | undefined
  let givenBack = Lines.none
  let wake = () => {}
  let due = arrivals.length
  const left: { at: number; number: number }[] = []

  const processor = create({
    emit(lines, records = lines.length) {
      counts.delivered += records
      for (const line of lines) out.push([clock.now(), text(line.bytes)])
      if (slow !== undefined) return new Promise(resolve => clock.after(slow, resolve))
    },
    reject: (line, { kind }) => rejected.push({ at: clock.now(), kind, line: text(line.bytes) }),
    leave: ({ number }) => void left.push({ at: clock.now(), number }),
    filter(records) {
      counts.filtered += records
    },
    giveBack(lines) {
      givenBack = lines
    },
    stop(reason) {
      stopped = true
      stop = reason
      stoppedAt ??= clock.now()
    },
    event: type => events.push(type),
    clock,
    stopping: cut.signal,
    killing: new AbortController().signal,
  })

  let number = 1
  for (const [at, ...lines] of arrivals) {
    const first = number
    number += lines.length
    clock.after(at, () => {
      due--
      if (lines.length > 0) queue.push(toLines(lines, first))
      wake()
    })
  }
  if (cutAt !== undefined) {
    clock.after(cutAt, () => {
      cut.abort()
      wake()
    })
  }

  const main = async () => {
    await processor.start?.()
    while (!stopped && !cut.signal.aborted) {
      const lines = queue.shift()
      if (lines === undefined) {
        if (due === 0) break
        await new Promise<void>(resolve => {
          wake = resolve
        })
        continue
      }
      givenBack = Lines.none
      const held = processor.push(lines)
      counts.taken += lines.length - givenBack.length
      if (givenBack.length > 0) queue.unshift(givenBack)
      await held
    }
    await processor.end?.()
  }
  const running = main()
  await clock.advance(until)
  await running
  return { out, rejected, left, events, ...counts, stopped, stop, stoppedAt }
}

/** Lines as they would have been read. */
export const toLines = (lines: readonly string[], number = 1): Lines =>
  joinLines(lines.map((line, index) => ({ bytes: Buffer.from(`${line}\n`), number: number + index, file: undefined })))

const text = (bytes: Buffer) => bytes.toString().replace(/\n$/, '')
