import { isatty } from 'node:tty'
import { nobody, Output } from '../core/io/output.js'
import { describeSystemError } from '../core/io/system-error.js'
import { Lines } from '../core/lines.js'
import { exitCodes } from './exit-codes.js'
import { createMessages, type Messages } from './messages.js'
import { endBySigpipe } from './stream/signals.js'

/** The output of a command that processes no stream: results to standard output, messages to stderr. */
export type Printer = {
  readonly messages: Messages
  readonly isTerminal: boolean
  /** Columns of the terminal; as good as endless for a pipe. */
  readonly width: number
  print(bytes: string | Buffer): void
  /** Prints on a terminal what was done; elsewhere nothing, because it succeeded. */
  tell(text: string): void
  /** Resolves when the printed text has been taken; false if the reader is gone. */
  flush(): Promise<boolean>
  /** Ends with this exit code, or with one that says why it could not. */
  end(code: number): Promise<number>
}

/** Prints a text and no more; returns the exit code. */
export const print = (name: string, text: string, code: number = exitCodes.ok.code): Promise<number> => {
  const printer = createPrinter(name)
  printer.print(text)
  return printer.end(code)
}

export const createPrinter = (name: string): Printer => {
  const output = new Output(1)
  const messages = createMessages(name, 'auto', false)
  const isTerminal = isatty(1)
  return {
    messages,
    isTerminal,
    // A terminal that does not know its width says 0.
    width: isTerminal ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY,
    print(bytes) {
      output.write(Lines.of(Buffer.from(bytes), 0), 0, nobody)
    },
    tell(text) {
      if (messages.isTerminal) messages.note(text)
    },
    async flush() {
      await output.flush()
      return output.error === undefined
    },
    async end(code) {
      await output.flush()
      const failed = output.error
      if (failed?.kind === 'failed')
        messages.error(`Cannot write standard output: ${describeSystemError(failed.error)}`)
      await messages.output.flush()
      output.close()
      messages.output.close()
      if (failed === undefined) return code
      if (failed.kind === 'failed') return exitCodes.io.code
      endBySigpipe()
      return exitCodes.closed.code
    },
  }
}
