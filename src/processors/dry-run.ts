import { Failure } from '../core/failure.js'
import { type Line, Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'

export type DryRunOptions = {
  /** What would be called for a record, as a JSON value; throws a `Failure` for a record that cannot be used. */
  readonly describe: (line: Line) => unknown
}

/** Emits what would be done for each record, and does nothing. */
export const createDryRun: CreateProcessor<DryRunOptions> = ({ describe }, { emit, reject }) => ({
  async push(lines) {
    for (const line of lines) {
      try {
        await emit(Lines.of(Buffer.from(`${JSON.stringify(describe(line))}\n`), line.number, line.file))
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        reject(line, error)
      }
    }
  },
})
