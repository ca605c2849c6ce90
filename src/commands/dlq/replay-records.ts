import { chooseExitCode, exitCodes } from '../../cli/exit-codes.js'
import type { DeadLetterReader } from '../../core/dead-letters/reader.js'
import { createGcra, createLimit } from '../../core/rules/gcra.js'
import { createReplay, type ReplayOptions } from '../../processors/replay.js'
import { openDeadLetterFile } from '../../stores/dead-letters/file.js'
import { indexDeadLetters } from '../../stores/dead-letters/index-file.js'
import { tellDamage } from './entries.js'
import { keepInPlace, prepareReplay, type ReplayFlags, runReplay } from './replay-run.js'
import { createRow, describeRow, rowFields } from './row.js'
import { createSelection } from './select.js'
import { countParked, tellParked } from './tell-parked.js'

/** The records to standard output; nothing is written down. */
export const replayRecords = async (path: string, flags: ReplayFlags): Promise<number> => {
  const file = await openDeadLetterFile(path, flags)
  const selection = createSelection(flags)
  const mark = (reader: DeadLetterReader) => (selection.matches(reader) ? 1 : 0)
  const index = await indexDeadLetters(file, { ...selection, mark })
  const rates = (flags.rate ?? []).map(({ count, per, burst }) => createGcra(createLimit(count, per, burst)))
  const options = { ...prepareReplay(flags, index), rates }
  const code = await runReplay(path, file, flags, {
    sink: keepInPlace,
    create({ messages }, context) {
      tellDamage(path, index, { messages })
      tellParked(path, countParked(index), 0, messages)
      return createReplay(flags.dryRun ? { ...options, ...rowOptions(options) } : options, context)
    },
  })
  return chooseExitCode([code, index.damaged + index.other > 0 ? exitCodes.failures.code : exitCodes.ok.code])
}

const rowOptions = ({ fields }: Pick<ReplayOptions, 'fields'>) => ({
  fields: [...fields, ...rowFields],
  show: (reader: DeadLetterReader, bytes: Buffer) =>
    Buffer.from(describeRow(createRow(reader, bytes, 'waiting'), Number.POSITIVE_INFINITY)),
})
