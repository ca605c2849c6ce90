import { existsSync } from 'node:fs'
import type { Context } from '../../core/processor.js'
import { stopCodes } from '../../core/stop-codes.js'
import { createOutputFiles, type OutputFiles } from '../../stores/outputs/output-files.js'
import { partOf } from '../../stores/outputs/part.js'
import { exitCodes } from '../exit-codes.js'
import { formatCount } from '../format.js'
import type { Messages } from '../messages.js'
import type { Outputs, Shared } from '../stream/stage.js'
import { type OutputFlags, readExisting } from './output-options.js'

/** The output files of a run, from the first record until they get their final names. */
export type RunOutputs = Outputs & {
  /** Before the first record. */
  open(shared: Shared, context: Context): OutputFiles
  /** Called with the reason when an output fails: nothing more is read, the other outputs are completed. */
  fail(problem: string): void
}

export const createRunOutputs = (flags: OutputFlags): RunOutputs => {
  const existing = readExisting(flags)
  const problems: string[] = []
  let files: OutputFiles | undefined
  let stop = () => {}

  const fail = (problem: string): void => {
    problems.push(problem)
    stop()
  }

  const publish = async ({ publish, failed }: OutputFiles, messages: Messages): Promise<number> => {
    const unpublished = await publish()
    for (const { error } of [...failed, ...unpublished]) messages.error(error.message)
    const paths = new Set([...failed, ...unpublished].map(({ path }) => path))
    tellLeft(
      [...paths].filter(path => existsSync(partOf(path))),
      messages,
    )
    return failed.length + unpublished.length === 0 ? exitCodes.ok.code : exitCodes.io.code
  }

  return {
    fail,
    open({ messages, taken, rehearsal }, context) {
      stop = () => context.stop({ exit: stopCodes.io, message: 'Stopped: an output failed' })
      files = createOutputFiles({
        existing,
        gzip: flags.gzip === true,
        maxOpen: flags.maxOpen ?? 256,
        clock: context.clock,
        receipt: taken,
        onError: (_, error) => fail(error.message),
        onTorn(path, { bytes, aside }) {
          messages.warn(`The last line of ${path} was cut off by a crash; its ${bytes} bytes are kept in ${aside}`)
        },
      })
      return rehearsal === undefined ? files : movedTo(files, path => rehearsal.move(path))
    },
    async settle(exit, messages) {
      const isWell = exit === exitCodes.ok.code || exit === exitCodes.failures.code
      if (isWell && problems.length === 0) {
        return files === undefined ? exitCodes.ok.code : publish(files, messages)
      }
      for (const problem of problems) messages.error(problem)
      tellLeft(files?.paths ?? [], messages)
      return problems.length === 0 ? exitCodes.ok.code : exitCodes.io.code
    },
    get bytesWritten() {
      return files?.bytesWritten ?? 0
    },
  }
}

/** The same files at other places. */
const movedTo = (files: OutputFiles, move: (path: string) => string): OutputFiles => ({
  add: path => files.add(move(path)),
  put: (file, lines, receipt) => files.put(file, lines, receipt),
  finish: () => files.finish(),
  publish: () => files.publish(),
  get paths() {
    return files.paths
  },
  get failed() {
    return files.failed
  },
  get bytesWritten() {
    return files.bytesWritten
  },
})

const mostTold = 20

const tellLeft = (paths: readonly string[], messages: Messages): void => {
  if (paths.length === 0) return
  const more = paths.length > mostTold ? ` and ${formatCount(paths.length - mostTold)} more` : ''
  const told = paths.slice(0, mostTold).map(partOf)
  messages.error(
    `The run failed, so these outputs keep their temporary names: ${told.join(', ')}${more}; --append continues them, --overwrite starts again`,
  )
}
