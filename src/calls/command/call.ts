import type { Call } from '../call.js'
import { withEvidence } from '../evidence.js'
import type { ProgramInput } from '../raw-text.js'
import { type OutputShape, readOutput } from '../read-output.js'
import { hasPlaceholder, prepareArguments } from './arguments.js'
import { createComeBack } from './come-back.js'
import { exitFailure } from './exit-failure.js'
import { type ChildOptions, runChild } from './run-child.js'

export type CommandOptions = ChildOptions &
  OutputShape & {
    /** The program and its arguments, which may hold `{.path}`; with `shell` a script and its `$1`, `$2`, … */
    readonly argv: readonly string[]
    /** Run by `/bin/sh -c`. */
    readonly shell?: boolean
    /** Where a command that fails says when to come back. */
    readonly retryAfter?: RegExp | undefined
    /** What the command inherits, `process.env` unless given; `STREAMZ_ID`, `_ATTEMPT` and `_LINE` are added. */
    readonly environment?: NodeJS.ProcessEnv
    /** What is on its stdin; the record unless given. */
    readonly input?: ProgramInput
  }

/**
 * Runs a program once per record: the record on its stdin, its stdout is the result. Throws a `RangeError` at once when
 * the arguments cannot be used.
 */
export const createCommandCall = (options: CommandOptions): Call => {
  const { program, args } = options.shell === true ? prepareScript(options.argv) : prepareProgram(options.argv)
  const { input = ({ bytes }) => bytes } = options
  // Reading process.env for every child costs more than the rest of the preparation of a call.
  const inherited = { ...(options.environment ?? process.env) }
  const comeBack = createComeBack(options.retryAfter, options.clock)
  return async (line, { killing, attempt, id }) => {
    const child = {
      program,
      args: args(line),
      environment: {
        ...inherited,
        STREAMZ_ID: id,
        STREAMZ_ATTEMPT: String(attempt),
        STREAMZ_LINE: String(line.number),
      },
      input: input(line),
      number: line.number,
      killing,
    }
    const { exit, output, stderr } = await runChild(child, options)
    const failure = exitFailure(exit)
    if (failure !== undefined) throw withEvidence(comeBack(failure, stderr, output), stderr, output)
    try {
      return readOutput(output, options)
    } catch (error) {
      throw withEvidence(error, stderr, output)
    }
  }
}

const prepareProgram = ([program, ...templates]: readonly string[]) => {
  if (program === undefined || program === '') {
    throw new RangeError('No command was given, expected one after --, for example: -- ./enrich.sh {.id}')
  }
  if (hasPlaceholder(program)) {
    throw new RangeError(
      `The program ${JSON.stringify(program)} contains a {.path}, expected a fixed one: a record must not choose what is run; only arguments may hold fields`,
    )
  }
  return { program, args: prepareArguments(templates) }
}

const prepareScript = ([script, ...templates]: readonly string[]) => {
  if (script === undefined || script === '') {
    throw new RangeError(`No script was given, expected one after --, for example: --shell -- 'grep -c "$1"' {.word}`)
  }
  if (hasPlaceholder(script)) {
    throw new RangeError(
      `The script ${JSON.stringify(script)} contains a {.path}, which a shell would run as code; pass it as an argument after the script and use "$1", for example: --shell -- 'echo "$1"' {.name}`,
    )
  }
  const fill = prepareArguments(templates)
  return {
    program: '/bin/sh',
    args: (line: Parameters<typeof fill>[0]) => ['-c', script, 'streamz', ...fill(line)],
  }
}
