import { Failure } from '../../core/failure.js'
import { type Line, Lines } from '../../core/lines.js'
import type { CreateProcessor } from '../../core/processor.js'
import { readItems } from './batch-items.js'

export type DryRunOptions = {
  /** What would be called for a record, as a JSON value; throws a `Failure` for a record that cannot be used. */
  readonly describe: (line: Line) => unknown
  /** Throws a `Failure` for a record that no call would be made for. */
  readonly prepare: (line: Line) => unknown
  /** Records are arrays, and their items are what is counted. */
  readonly batch: boolean
}

/** Emits what would be called for each record, without calling. Rejects records that would fail before their call. */
export const createDryRun: CreateProcessor<DryRunOptions> = (options, { emit, reject, holds }) => ({
  async push(lines) {
    for (const line of lines) {
      let items: readonly Line[] = [line]
      try {
        if (options.batch) {
          items = readItems(line)
          holds?.(items.length)
        }
        options.prepare(line)
        // The record needs no call.
        if (items.length === 0) continue
        const call = Buffer.from(`${JSON.stringify(options.describe(line))}\n`)
        await emit(Lines.of(call, line.number, line.file), items.length)
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        for (const item of items) reject(item, error)
      }
    }
  },
})
