import { onAbort } from '../../../calls/attempts/on-abort.js'
import { killAllGroups } from '../../../calls/process/group.js'
import { createProgramInput } from '../../../calls/raw-text.js'
import { createCorrelation } from '../../../calls/worker/correlate.js'
import { createWorkers, type Workers } from '../../../calls/worker/workers.js'
import { UsageError } from '../../../cli/usage-error.js'
import { realClock } from '../../../core/clock.js'
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
  const start = flags.shell ? ['/bin/sh', '-c', program, 'streamz', ...argv.slice(1)] : argv
  const correlation = flags.correlate === undefined ? undefined : createCorrelation(flags.correlate)
  let workers: Workers | undefined
  return {
    begin() {
      if (!flags.shell && !flags.dryRun) checkProgram(program)
    },
    inFlight: pipeline,
    keepsTime: true,
    describe({ bytes }) {
      correlation?.read(bytes)
      return start
    },
    create({ messages, isText }, { clock, killing }) {
      workers = createWorkers({
        ...options,
        clock,
        input: createProgramInput(isText),
        stderr: passStderr(messages),
        onStray: number =>
          messages.warn(
            `A worker wrote to its standard output when no answer was due, after its answer for line ${number}; it was killed. Check that it writes one line per record`,
          ),
      })
      onAbort(killing, workers.end)
      return workers.call
    },
    killNow: () => killAllGroups('SIGKILL'),
    close: () => workers?.close(),
  }
}
