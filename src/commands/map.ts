import { withCallEvents } from '../calls/with-events.js'
import { createCommandCall } from '../calls/command.js'
import { prepareArguments } from '../calls/arguments.js'
import { findProgram } from '../calls/find-program.js'
import { killAllGroups } from '../calls/group.js'
import { withRetry } from '../calls/with-retry.js'
import { withTimeout } from '../calls/with-timeout.js'
import { addCommonOptions } from '../cli/common-options.js'
import { createCommand, type Definition, StartError, UsageError } from '../cli/definition.js'
import { addMapOptions, checkMapFlags, type MapFlags } from '../cli/map-options.js'
import { runStream, type Shared } from '../cli/stream.js'
import type { PassStderr } from '../calls/stderr-lines.js'
import { backoff } from '../core/backoff.js'
import { realClock } from '../core/clock.js'
import { Lines } from '../core/lines.js'
import type { Context, Processor } from '../core/processor.js'
import { createDryRun } from '../processors/dry-run.js'
import { createMap } from '../processors/map.js'
import { createPrepare } from '../processors/prepare.js'
import { keep, putInto, replace } from '../processors/shape.js'

export const define = (): Definition => {
  const command = createCommand({
    name: 'map',
    purpose: 'Call a program for each record, with timeouts, retries and order; its output takes the place of the record',
    usage: '[OPTION...] [FILE...] -- COMMAND [ARG...]',
    examples: [
      { note: 'the record is on stdin, the answer on stdout', run: "streamz map -- jq -c '{user}' < orders.ndjson" },
      { note: 'a field as an argument, eight at once, at most 5 seconds each', run: 'streamz map -j 8 --timeout 5s --raw -- echo {.user} < orders.ndjson' },
      { note: 'add the answer to the record, try again what may pass, keep what fails', run: 'streamz map --into .length --retries 3 --dlq failed.ndjson -- wc -c < orders.ndjson' },
      { note: 'only look at what would be called', run: 'streamz map --dry-run orders.ndjson -- ./charge.sh --amount {.amount}' },
    ],
    notes:
      '{.path} in an ARG is replaced by that field, as one argument that no shell sees; {{ is a brace. The command finds the id,\nthe attempt and the line number in STREAMZ_ID, STREAMZ_ATTEMPT and STREAMZ_LINE. Its stderr is passed on.\nA process per record costs 1 to 3 ms. Retries call again: ask for them only where twice does no harm.',
    seeAlso: ['throttle', 'dlq', 'batch'],
    exit: ['maxFail', 'notExecutable', 'notFound', 'terminated'],
  }).argument('[files...]')
  addMapOptions(command)
  addCommonOptions(command)
  return {
    command,
    run({ operands, rest }) {
      const [files] = operands as [string[]]
      const flags = command.opts<MapFlags>()
      checkMapFlags(flags)
      const argv = rest ?? []
      if (argv.length === 0) {
        throw new UsageError('No COMMAND is given: put it behind --, as in: streamz map -- ./enrich.sh {.id}')
      }
      const create = flags.dryRun ? prepareDryRun(argv, flags) : prepareCalls(argv, flags)
      const { killAfter } = flags
      return runStream({ command: 'map', options: flags, files, create, killAfter, killNow: () => killAllGroups('SIGKILL') })
    },
  }
}

type Create = (shared: Shared, context: Context) => Processor

const prepareDryRun = ([program = '', ...templates]: readonly string[], { shell }: MapFlags): Create => {
  const fill = prepareArguments(templates)
  const start = shell ? ['/bin/sh', '-c', program, 'streamz'] : [program]
  return (_, context) => createDryRun({ describe: line => [...start, ...fill(line)] }, context)
}

const prepareCalls = (argv: readonly string[], flags: MapFlags): Create => {
  const { concurrency, orderBy, into } = flags
  const [program = ''] = argv
  // Made once before anything is read: a command line that cannot work must not cost a record.
  checkArguments(argv, flags)
  if (!flags.shell) checkProgram(program)
  return ({ messages, id }, context) => {
    const { clock } = context
    const passStderr = (number: number, lines: readonly string[]) =>
      messages.output.write(Lines.of(Buffer.from(lines.map(line => `[${number}] ${line}\n`).join('')), 0), 0, nobody)
    const command = createCall(argv, flags, passStderr, context)
    const call = withRetry(withTimeout(withCallEvents(command, clock, context.event), flags.timeout, clock), {
      retries: flags.retries,
      backoff: failed => backoff(flags.backoff, failed, Math.random),
      ...(flags.retryOn === undefined ? {} : { retryOn: flags.retryOn }),
      recordDeadline: flags.recordDeadline,
      clock,
      onRetry: ({ line, attempt, wait, failure }) => context.event('retry', { line, attempt, wait, kind: failure.kind }),
    })
    const shape = into !== undefined ? putInto(into) : flags.keep ? keep : replace
    const prepare = createPrepare(into !== undefined || flags.keep === true, orderBy)
    const order = orderBy === undefined ? flags.order : 'completion'
    const window = flags.orderWindow ?? 4 * concurrency
    return createMap({ call, id, concurrency, order, window, prepare, shape }, context)
  }
}

const createCall = (argv: readonly string[], flags: MapFlags, stderr: PassStderr, { clock }: Pick<Context, 'clock'>) =>
  createCommandCall({
    argv,
    shell: flags.shell === true,
    killAfter: flags.killAfter,
    maxResponse: flags.maxResponse,
    multi: flags.multi === true,
    raw: flags.raw === true,
    stderr,
    clock,
  })

const checkArguments = (argv: readonly string[], flags: MapFlags): void => {
  try {
    createCall(argv, flags, () => {}, { clock: realClock })
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message)
    throw error
  }
}

const checkProgram = (program: string): void => {
  const found = findProgram(program)
  if (found.state === 'not found') {
    throw new StartError(`Cannot run ${program}: it is not found; nothing was read`, found.exit)
  }
  if (found.state === 'not executable') {
    throw new StartError(`Cannot run ${found.path}: it is not executable; nothing was read`, found.exit)
  }
}

const nobody = { taken: () => {}, lost: () => {} }
