import { basename } from 'node:path'
import { onAbort } from '../../../calls/attempts/on-abort.js'
import { killAllGroups } from '../../../calls/process/group.js'
import { createProgramInput } from '../../../calls/raw-text.js'
import { createCorrelation } from '../../../calls/worker/correlate.js'
import { describeUnbuffered } from '../../../calls/worker/unbuffered.js'
import { createWorkers, type Workers } from '../../../calls/worker/workers.js'
import type { Shared } from '../../../cli/stream/stage.js'
import { UsageError } from '../../../cli/usage-error.js'
import { realClock } from '../../../core/clock.js'
import type { Context } from '../../../core/processor.js'
import { createRuns } from '../../../processors/map/runs.js'
import { concurrencyOf, type MapFlags, startTimeoutOf } from '../options.js'
import { checkProgram, passStderr, refuseBadArguments } from './command.js'
import type { Mode } from './mode.js'

/** Long-lived children that get a line and answer with a line. */
export const workerMode = (argv: readonly string[], flags: MapFlags): Mode => {
  if (flags.multi) {
    throw new UsageError(
      '--worker and --multi cannot be used together: a worker answers each record with exactly one line; let it answer with an array and append | streamz unbatch',
    )
  }
  const [program = ''] = argv
  const pipeline = flags.pipeline ?? 1
  const options = {
    argv,
    shell: flags.shell === true,
    raw: flags.raw === true,
    pass: flags.pass === true,
    size: concurrencyOf(flags),
    pipeline,
    ...(flags.correlate === undefined ? {} : { correlate: flags.correlate }),
    timeout: flags.timeout,
    startTimeout: startTimeoutOf(flags),
    killAfter: flags.killAfter,
    maxResponse: flags.maxResponse,
    clock: realClock,
    stderr: () => {},
    onStray: () => {},
  }
  refuseBadArguments(() => createWorkers(options))
  const shown = flags.shell ? ['/bin/sh', '-c', program, 'streamz', ...argv.slice(1)] : argv
  const correlation = flags.correlate === undefined ? undefined : createCorrelation(flags.correlate)
  let workers: Workers | undefined
  const start = ({ messages, isText }: Shared, { clock, killing }: Context, onRoom = () => {}): Workers => {
    if (workers !== undefined) return workers
    const started = createWorkers({
      ...options,
      clock,
      onRoom,
      input: createProgramInput(isText),
      stderr: passStderr(messages),
      onStray: number =>
        messages.warn(
          `A worker wrote to its standard output when no answer was due, after its answer for line ${number}; it was killed. Check that it writes one line per record`,
        ),
    })
    onAbort(killing, () => started.end(killing.reason))
    workers = started
    return started
  }
  return {
    begin() {
      if (!flags.shell && !flags.dryRun) checkProgram(program)
    },
    inFlight: pipeline,
    keepsTime: true,
    describe({ bytes }) {
      correlation?.read(bytes)
      return shown
    },
    create: (shared, context) => start(shared, context).call,
    doubt: {
      of: 'any worker',
      why: `although each was given a line: does it buffer its output? Try ${describeUnbuffered(flags.shell ? 'sh' : basename(program))}`,
    },
    createFast(shared, context, createSlow, silence) {
      // Each record has an input, an output or a leave of its own.
      if (flags.raw || flags.pass || flags.rawInput || shared.mayCall !== undefined) return undefined
      const { order, orderWindow, maxLine } = flags
      return createRuns(
        {
          start: onRoom => start(shared, context, onRoom),
          order,
          window: orderWindow ?? 4 * options.size * pipeline,
          maxLine,
          id: shared.id,
          silence,
          createSlow,
        },
        context,
      )
    },
    killNow: () => killAllGroups('SIGKILL'),
    close: () => workers?.close(),
  }
}
