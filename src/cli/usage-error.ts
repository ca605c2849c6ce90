import type { StopCode } from '../core/stop-codes.js'

/** A command line that cannot be run: exit code 2, nothing is read. A message about a flag begins with the flag. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** The wrong flag, such as `--rate`, for programs that read flags from a file and look for its line. */
  readonly flag: string | undefined

  constructor(message: string) {
    super(message)
    this.flag = /^-{1,2}[A-Za-z][\w-]*/.exec(message)?.[0]
  }
}

/** What keeps a run from beginning although the command line is right; nothing was read. */
export class StartError extends Error {
  override readonly name = 'StartError'

  constructor(
    message: string,
    readonly exit: StopCode,
  ) {
    super(message)
  }
}

/** No error: instead of a run the user wants this help. */
export class HelpAsked extends Error {
  constructor(readonly text: string) {
    super('Help is asked for')
  }
}
