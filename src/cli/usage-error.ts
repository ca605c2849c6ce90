import type { StopCode } from '../core/stop-codes.js'

/** A command line that cannot be run as it stands: exit code 2, nothing is read. A message about a flag begins with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** The flag that is wrong, as `--rate`: whoever reads flags from a file finds its line by it. */
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
