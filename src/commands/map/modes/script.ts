import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { createScriptCall, createScriptThreads, type ScriptThreads } from '../../../calls/script/call.js'
import type { ScriptSource } from '../../../calls/script/protocol.js'
import type { ScriptError } from '../../../calls/script/threads.js'
import type { Shared } from '../../../cli/stream/stage.js'
import { UsageError } from '../../../cli/usage-error.js'
import { hashId } from '../../../core/envelope.js'
import { parseFailure } from '../../../core/json/record-failures.js'
import type { Context } from '../../../core/processor.js'
import { createScript } from '../../../processors/map/script.js'
import { concurrencyOf, isPacked, type MapFlags, startTimeoutOf } from '../options.js'
import { passStderr } from './command.js'
import type { Mode } from './mode.js'
import { leaveGoneFolder, readExpression, startScript } from './script-source.js'

/** JavaScript in worker threads: an expression or a module. */
export const scriptMode = (flags: MapFlags): Mode => {
  refuseOthers(flags)
  const source = readSource(flags)
  let threads: ScriptThreads | undefined
  let stopping: AbortSignal | undefined
  const create = (shared: Shared, context: Context) => {
    const { messages, blame } = shared
    stopping = context.stopping
    let isTold = false
    threads = createScriptThreads({
      source,
      // In a test a call takes no time, and more threads would only take longer to start.
      size: shared.rehearsal === undefined ? concurrencyOf(flags) : 1,
      multi: flags.multi === true,
      maxResponse: flags.maxResponse,
      maxLine: flags.maxLine,
      maxHeap: flags.maxHeap ?? 512 * 2 ** 20,
      startTimeout: startTimeoutOf(flags),
      clock: context.clock,
      onStray({ message }) {
        blame()
        if (isTold) return
        isTold = true
        messages.error(`${message}, outside any call (is an await missing?); its thread was restarted`)
      },
      stderr: passStderr(messages),
    })
    return threads
  }
  return {
    runsHere: true,
    begin() {
      leaveGoneFolder()
      if (flags.module !== undefined) checkModule(flags.module)
    },
    describe(line) {
      // As the threads read it.
      try {
        JSON.parse(line.bytes.toString())
      } catch {
        throw parseFailure(line)
      }
      return source.kind === 'module' ? ['--module', source.path] : ['--js', source.text]
    },
    start: () => startScript(threads, stopping, error => explain(source, error)),
    create: (shared, context) => createScriptCall(create(shared, context), isPacked(flags)),
    createFast(shared, context) {
      if (mayAskToWait(source)) return undefined
      return createScript(
        {
          threads: create(shared, context),
          concurrency: concurrencyOf(flags),
          timeout: flags.timeout,
          order: flags.order,
          window: flags.orderWindow ?? Number.POSITIVE_INFINITY,
          multi: flags.multi === true,
          id: shared.id === hashId ? undefined : shared.id,
          mayCall: shared.mayCall,
        },
        context,
      )
    },
    // Threads end with the process.
    killNow() {},
    close: () => threads?.close(),
  }
}

/** Whether its errors may say when to come back: then each record is a call of its own. */
const mayAskToWait = (source: ScriptSource): boolean => {
  if (source.kind === 'expression') return /retryAfter|import\b|require\b/.test(source.text)
  return /retryAfter|\bimport\b|\brequire\b/.test(readFileSync(source.path, 'utf8'))
}

const refuseOthers = ({ shell, raw, js }: MapFlags): void => {
  const flag = js === undefined ? '--module' : '--js'
  if (shell) throw new UsageError(`--shell is for a COMMAND and cannot be used with ${flag}`)
  if (raw) {
    throw new UsageError(
      `--raw cannot be used with ${flag}: a string that the function returns is a JSON string already`,
    )
  }
}

const checkModule = (module: string): void => {
  if (statSync(resolvePath(module), { throwIfNoEntry: false })?.isFile()) return
  throw new UsageError(`--module ${module}: there is no such file, expected one like ./enrich.mjs`)
}

const readSource = ({ js = '', module }: MapFlags): ScriptSource => {
  if (module !== undefined) return { kind: 'module', path: resolvePath(module) }
  return readExpression(js, example)
}

const resolvePath = (module: string): string => {
  try {
    return resolve(module)
  } catch {
    throw new UsageError(`--module ${module}: the current folder no longer exists; use the absolute path of the file`)
  }
}

const example = 'r => ({...r, total: r.price * r.n})'

const explain = (source: ScriptSource, { message }: ScriptError): string =>
  source.kind === 'module'
    ? `--module ${source.path} cannot be used: ${message}; expected a default export like: export default record => ({ ...record, seen: true })`
    : `--js ${JSON.stringify(source.text)} cannot be used: ${message}; expected a function like '${example}'`
