import { availableParallelism } from 'node:os'
import { createScriptThreads } from '../../calls/script/call.js'
import type { CommonOptions } from '../../cli/common-options.js'
import type { Shared, Stage } from '../../cli/stream/stage.js'
import { hashId } from '../../core/envelope.js'
import type { Context, Processor } from '../../core/processor.js'
import { createScript } from '../../processors/map/script.js'
import { passStderr } from '../map/modes/command.js'
import { leaveGoneFolder, readExpression, startScript } from '../map/modes/script-source.js'
import { createRealWork } from './real-work.js'

const example = 'r => r.amount > 100'

/** Milliseconds for a record, and for the script to load. */
const timeout = 30_000
const startTimeout = 60_000
const maxHeap = 512 * 2 ** 20

/** Runs a JavaScript function that decides which records pass, as `map --js` runs one. */
export const prepareTest = (
  js: string,
  invert: boolean,
  { maxLine }: CommonOptions,
): Pick<Stage, 'begin' | 'create' | 'killNow'> => {
  const source = { ...readExpression(js, example), test: { passing: !invert } }
  return {
    begin: leaveGoneFolder,
    // Threads end with the process.
    killNow() {},
    create: (shared, context) =>
      shared.rehearsal === undefined
        ? create(shared, context)
        : createRealWork(shared.rehearsal, context, watched => create(shared, watched)),
  }

  function create(shared: Shared, context: Context): Processor {
    // See the script mode of map.
    const size = shared.rehearsal === undefined ? availableParallelism() : 1
    let isTold = false
    const threads = createScriptThreads({
      source,
      size,
      multi: false,
      maxResponse: maxLine,
      maxLine,
      maxHeap,
      startTimeout,
      clock: context.clock,
      onStray({ message }) {
        shared.blame()
        if (!isTold)
          shared.messages.error(`${message}, outside any call (is an await missing?); its thread was stopped`)
        isTold = true
      },
      stderr: passStderr(shared.messages),
    })
    const id = shared.id === hashId ? undefined : shared.id
    const processor = createScript(
      {
        threads,
        concurrency: size,
        timeout,
        order: 'input',
        window: Number.POSITIVE_INFINITY,
        multi: false,
        isTest: true,
        id,
        mayCall: shared.mayCall,
      },
      context,
    )
    const explain = ({ message }: Error): string =>
      `--js ${JSON.stringify(js)} cannot be used: ${message}; expected a function like '${example}'`
    return {
      ...processor,
      start: () => startScript(threads, context.stopping, explain),
      async end() {
        await processor.end?.()
        await threads.close()
      },
    }
  }
}
