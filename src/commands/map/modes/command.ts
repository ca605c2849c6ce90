import { prepareArguments } from '../../../calls/command/arguments.js'
import { type CommandOptions, createCommandCall } from '../../../calls/command/call.js'
import { findProgram } from '../../../calls/command/find-program.js'
import { killAllGroups } from '../../../calls/process/group.js'
import type { PassStderr } from '../../../calls/process/stderr-lines.js'
import { createProgramInput } from '../../../calls/raw-text.js'
import { escapeControls, type Messages } from '../../../cli/messages.js'
import { StartError, UsageError } from '../../../cli/usage-error.js'
import { type Clock, realClock } from '../../../core/clock.js'
import { nobody } from '../../../core/io/output.js'
import { Lines } from '../../../core/lines.js'
import { isPacked, type MapFlags } from '../options.js'
import type { Mode } from './mode.js'

/** A program per record. A command line that cannot work is found out here, before it costs a record. */
export const commandMode = (argv: readonly string[], flags: MapFlags): Mode => {
  const [program = '', ...templates] = argv
  const createCall = ({ stderr, onHeld, input }: Pick<CommandOptions, 'stderr' | 'onHeld' | 'input'>, clock: Clock) =>
    createCommandCall({
      argv,
      shell: flags.shell === true,
      killAfter: flags.killAfter,
      maxResponse: flags.maxResponse,
      multi: flags.multi === true,
      raw: flags.raw === true,
      retryAfter: flags.retryAfter,
      pass: flags.pass === true,
      isPacked: isPacked(flags),
      stderr,
      onHeld,
      ...(input === undefined ? {} : { input }),
      clock,
    })
  refuseBadArguments(() => createCall({ stderr: () => {} }, realClock))
  const fill = prepareArguments(templates)
  const start = flags.shell ? ['/bin/sh', '-c', program, 'streamz'] : [program]
  return {
    begin() {
      if (!flags.shell && !flags.dryRun) checkProgram(program)
    },
    describe: line => [...start, ...fill(line)],
    create: ({ messages, isText }, { clock }) =>
      createCall(
        { stderr: passStderr(messages), onHeld: tellHeld(messages), input: createProgramInput(isText) },
        clock,
      ),
    killNow: () => killAllGroups('SIGKILL'),
  }
}

/** What a command writes to stderr is passed on, each line marked with the line number of its record. A terminal must not obey it. */
export const passStderr =
  ({ output, isTerminal }: Messages): PassStderr =>
  (number, lines) => {
    const text = lines.map(line => `[${number}] ${line}\n`).join('')
    return output.write(Lines.of(Buffer.from(isTerminal ? escapeControls(text) : text), 0), 0, nobody)
  }

/** A daemon that was started without redirecting its output looks like a command that never ends. */
const tellHeld =
  ({ warn }: Messages): CommandOptions['onHeld'] =>
  (number, members) => {
    const who =
      members.length === 0
        ? 'a process outside its session'
        : members.map(({ program, pid }) => `${program} (process ${pid})`).join(', ')
    warn(
      `The command for line ${number} has exited, but ${who} holds its output open, so streamz is waiting for it; redirect the output of background processes to /dev/null`,
    )
  }

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
      ? `; write its arguments as separate words, as in: -- grep -v refund; or let a shell split it: --shell -- 'grep -v refund | wc -l'`
      : ''
    throw new StartError(`Cannot run ${program}: it is not found; nothing was read${way}`, found.exit)
  }
  if (found.state === 'not executable') {
    throw new StartError(`Cannot run ${found.path}: it is not executable; nothing was read`, found.exit)
  }
}
