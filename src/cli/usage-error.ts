/** A command line that cannot be run as it stands: exit code 2, nothing is read. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What keeps a run from beginning although the command line is right; nothing was read. */
export class StartError extends Error {
  override readonly name = 'StartError'

  constructor(
    message: string,
    readonly exit: 75 | 126 | 127,
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
