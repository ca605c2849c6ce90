import { prepareArguments } from '../../../calls/command/arguments.js'
import { createCommandCall } from '../../../calls/command/call.js'
import { findProgram } from '../../../calls/command/find-program.js'
import { killAllGroups } from '../../../calls/process/group.js'
import type { PassStderr } from '../../../calls/process/stderr-lines.js'
import type { Messages } from '../../../cli/messages.js'
import { StartError, UsageError } from '../../../cli/usage-error.js'
import { type Clock, realClock } from '../../../core/clock.js'
import { nobody } from '../../../core/io/output.js'
import { Lines } from '../../../core/lines.js'
import type { MapFlags } from '../options.js'
import type { Mode } from './mode.js'

/** A program per record. A command line that cannot work is found out here, before it costs a record. */
export const commandMode = (argv: readonly string[], flags: MapFlags): Mode => {
  const [program = '', ...templates] = argv
  const createCall = (stderr: PassStderr, clock: Clock) =>
    createCommandCall({
      argv,
      shell: flags.shell === true,
      killAfter: flags.killAfter,
      maxResponse: flags.maxResponse,
      multi: flags.multi === true,
      raw: flags.raw === true,
      retryAfter: flags.retryAfter,
      stderr,
      clock,
    })
  refuseBadArguments(() => createCall(() => {}, realClock))
  const fill = prepareArguments(templates)
  const start = flags.shell ? ['/bin/sh', '-c', program, 'streamz'] : [program]
  return {
    begin() {
      if (!flags.shell && !flags.dryRun) checkProgram(program)
    },
    describe: line => [...start, ...fill(line)],
    create: ({ messages }, { clock }) => createCall(passStderr(messages), clock),
    killNow: () => killAllGroups('SIGKILL'),
  }
}

/** What a command writes to stderr is passed on, each line marked with the line number of its record. */
export const passStderr =
  ({ output }: Messages): PassStderr =>
  (number, lines) =>
    output.write(Lines.of(Buffer.from(lines.map(line => `[${number}] ${line}\n`).join('')), 0), 0, nobody)

/** Bad arguments are a usage error. */
export const refuseBadArguments = (create: () => unknown): void => {
  try {
    create()
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message)
    throw error
  }
}

/** Before the first record: 127 or 126 as a shell would say. */
export const checkProgram = (program: string): void => {
  const found = findProgram(program)
  if (found.state === 'not found') {
    const way = /[\s|&;<>()$`"'*?#~]/.test(program)
      ? `; give its arguments as words of their own, as in: -- grep -v refund; or have a shell read it: --shell -- 'grep -v refund | wc -l'`
      : ''
    throw new StartError(`Cannot run ${program}: it is not found; nothing was read${way}`, found.exit)
  }
  if (found.state === 'not executable') {
    throw new StartError(`Cannot run ${found.path}: it is not executable; nothing was read`, found.exit)
  }
}
