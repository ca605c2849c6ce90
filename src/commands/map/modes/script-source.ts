import { onAbort } from '../../../calls/attempts/on-abort.js'
import type { ScriptThreads } from '../../../calls/script/call.js'
import type { ScriptSource } from '../../../calls/script/protocol.js'
import { ScriptError, ThreadError } from '../../../calls/script/threads.js'
import { StartError, UsageError } from '../../../cli/usage-error.js'

/** The JavaScript of `--js`. Throws a `UsageError` for an invalid expression, with `example` as a valid function. */
export const readExpression = (js: string, example: string): ScriptSource & { readonly kind: 'expression' } => {
  try {
    const { Script } = process.getBuiltinModule('node:vm')
    new Script(`(${js}\n)`, { filename: '--js' })
  } catch (error) {
    throw new UsageError(
      `--js ${JSON.stringify(js)} is not a JavaScript expression: ${describe(error)}; expected a function like '${example}'`,
    )
  }
  return { kind: 'expression', text: js }
}

/** Loads the script, without blocking signals meanwhile. `explain` makes the message if it cannot be used. */
export const startScript = async (
  threads: ScriptThreads | undefined,
  stopping: AbortSignal | undefined,
  explain: (error: ScriptError) => string,
): Promise<void> => {
  try {
    const started = threads?.start()
    await Promise.race([started, stopping === undefined ? started : aborted(stopping)])
  } catch (error) {
    if (error instanceof ThreadError) throw new StartError(`${error.message}; nothing was read`, 75)
    if (error instanceof ScriptError) throw new UsageError(explain(error))
    throw error
  }
}

/** No thread starts in a folder that is gone, and no path leads from there anyway. */
export const leaveGoneFolder = (): void => {
  try {
    process.cwd()
  } catch {
    process.chdir('/')
  }
}

const aborted = (signal: AbortSignal) => new Promise<void>(resolve => onAbort(signal, resolve))

const describe = (error: unknown) => (error instanceof Error ? error.message : String(error))
