import { isUtf8 } from 'node:buffer'
import type { Failure } from '../../core/failure.js'
import { Rows } from '../../core/json/rows.js'
import { copyLine, Lines } from '../../core/lines.js'
import type { Correlation } from './correlate.js'
import type { Verdict } from './doubt.js'
import type { ReadAnswer } from './read-answer.js'
import type { AboutAnswers, Placed } from './worker.js'

/** What becomes of neighbouring records, in their order. */
export type RunSink = {
  /** The answers to so many next records, a line each, after so many milliseconds; they count when the verdict says so. */
  answered(answers: Lines, took: number, verdict: Verdict | undefined): void
  /** So many next records have failed; `took` is undefined when no worker got them. */
  failed(reason: unknown, count: number, took: number | undefined): void
}

/** The values of neighbouring records at the path of a correlation, and what is wrong with the record after them. */
export type RunValues = {
  readonly path: Correlation['path']
  readonly count: number
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly failure: Failure | undefined
}

/** Reads the values of the first records, of so many at most. */
export const readValues = (correlation: Correlation, lines: Lines, most: number): RunValues => {
  const { path } = correlation
  const rows = rowsFor(path, 'records')
  // No more than these is looked at: what is left over comes again.
  const first = lines.slice(0, most)
  const starts = new Int32Array(most)
  const ends = new Int32Array(most)
  let count = 0
  for (; count < most; count++) {
    const row = rows.find(first, count)
    if (rows.good[row] !== 1 || rows.starts[row] === -1) break
    starts[count] = rows.starts[row] as number
    ends[count] = rows.ends[row] as number
  }
  return { path, count, starts, ends, failure: count < most ? failureOf(correlation, first, count) : undefined }
}

const failureOf = (correlation: Correlation, lines: Lines, index: number): Failure => {
  try {
    correlation.read(lines.at(index).bytes)
  } catch (error) {
    return error as Failure
  }
  throw new Error('A record has a value for --correlate and has none')
}

/** The workers that a run is given to. */
type Surroundings = {
  readonly read: ReadAnswer
  /** Milliseconds of running time, see `Assignment.givenAt`. */
  now(): number
  place(job: Placed): void
  waitsForAnother(job: Placed, reason: unknown): boolean
}

/** Neighbouring records for a worker, whose answers are looked at together as long as they are plain. */
export const createRun = (
  lines: Lines,
  values: RunValues | undefined,
  sink: RunSink,
  { read, now, place, waitsForAnother }: Surroundings,
): Placed => {
  const job: Placed = {
    lines,
    input: lines.view(),
    settled: 0,
    givenAt: 0,
    worker: undefined,
    answer(answers, about) {
      const isClean = isClear(answers)
      for (let from = 0; from < answers.length; ) {
        const plain = isClean ? countPlain(answers, from, values, job) : 0
        if (plain > 0) {
          job.settled += plain
          sink.answered(answers.slice(from, from + plain), about.took, about.verdict)
          from += plain
        } else {
          const failure = answerOne(answers, from++, about)
          if (failure !== undefined) return failure
        }
      }
      return undefined
    },
    fail(reason, count) {
      if (waitsForAnother(job, reason)) return
      job.settled += count
      sink.failed(reason, count, now() - job.givenAt)
    },
    giveBack: () => place(job),
  }

  const answerOne = (answers: Lines, index: number, { verdict, took }: AboutAnswers): Failure | undefined => {
    const at = job.settled
    const { bytes, number, file } = copyLine(answers.at(index))
    const value = values === undefined ? '' : lines.bytes.toString('utf8', values.starts[at], values.ends[at])
    const answer = read(bytes, value)
    if ('wrong' in answer) return answer.wrong
    job.settled++
    if ('refusal' in answer) sink.failed(answer.refusal, 1, took)
    else sink.answered(Lines.of(answer.result[0] ?? bytes, number, file), took, verdict)
    return undefined
  }
  return job
}

/** Whether none of the lines needs a look of its own because of its bytes. */
const isClear = (answers: Lines): boolean => {
  const bytes = answers.view()
  return isUtf8(bytes) && !bytes.includes(mark)
}

const mark = Buffer.from('"$streamz"')

/** How many of the lines are one JSON value and nothing else, and repeat the values of their records. */
const countPlain = (
  answers: Lines,
  from: number,
  values: RunValues | undefined,
  { lines, settled }: Placed,
): number => {
  const rows = values === undefined ? plainRows : rowsFor(values.path, 'answers')
  let index = from
  for (; index < answers.length; index++) {
    const row = rows.find(answers, index)
    if (rows.good[row] !== 1 || rows.valueStarts[row] !== answers.start(index)) break
    if (rows.valueEnds[row] !== answers.end(index) - 1) break
    if (values !== undefined && !repeats(answers, rows, row, lines, values, settled + index - from)) break
  }
  return index - from
}

const repeats = (answers: Lines, rows: Rows, row: number, lines: Lines, values: RunValues, at: number): boolean => {
  const start = rows.starts[row] as number
  const valueStart = values.starts[at] as number
  const length = (values.ends[at] as number) - valueStart
  if (start === -1 || (rows.ends[row] as number) - start !== length) return false
  for (let offset = 0; offset < length; offset++) {
    if (answers.bytes[start + offset] !== lines.bytes[valueStart + offset]) return false
  }
  return true
}

const plainRows = new Rows()
const made = { records: new Map<string, Rows>(), answers: new Map<string, Rows>() }

/** The records of a chunk are read on while answers come: each has its own. */
const rowsFor = (path: Correlation['path'], side: 'records' | 'answers'): Rows => {
  const known = made[side].get(path.text) ?? new Rows([path])
  made[side].set(path.text, known)
  return known
}
