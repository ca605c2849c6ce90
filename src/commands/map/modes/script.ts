import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { createScriptCall, createScriptThreads, type ScriptThreads } from '../../../calls/script/call.js'
import type { ScriptSource } from '../../../calls/script/protocol.js'
import { ScriptError } from '../../../calls/script/threads.js'
import type { Shared } from '../../../cli/stream/stage.js'
import { UsageError } from '../../../cli/usage-error.js'
import { hashId } from '../../../core/envelope.js'
import { createScript } from '../../../processors/map/script.js'
import { parseFailure } from '../../../processors/map/shape.js'
import { concurrencyOf, type MapFlags } from '../options.js'
import { passStderr } from './command.js'
import type { Mode } from './mode.js'

/** JavaScript in worker threads: an expression or a module. */
export const scriptMode = (flags: MapFlags): Mode => {
  refuseOthers(flags)
  const source = readSource(flags)
  let threads: ScriptThreads | undefined
  const create = ({ messages }: Shared) => {
    threads = createScriptThreads({
      source,
      size: concurrencyOf(flags),
      multi: flags.multi === true,
      maxResponse: flags.maxResponse,
      stderr: passStderr(messages),
    })
    return threads
  }
  return {
    begin() {
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
    async start() {
      try {
        await threads?.start()
      } catch (error) {
        if (error instanceof ScriptError) throw new UsageError(explain(source, error))
        throw error
      }
    },
    create: shared => createScriptCall(create(shared)),
    createFast(shared, context) {
      if (mayAskToWait(source)) return undefined
      return createScript(
        {
          threads: create(shared),
          concurrency: concurrencyOf(flags),
          timeout: flags.timeout,
          order: flags.order,
          window: flags.orderWindow ?? Number.POSITIVE_INFINITY,
          multi: flags.multi === true,
          id: shared.id === hashId ? undefined : shared.id,
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
  if (statSync(resolve(module), { throwIfNoEntry: false })?.isFile()) return
  throw new UsageError(`--module ${module}: there is no such file, expected one like ./enrich.mjs`)
}

const readSource = ({ js = '', module }: MapFlags): ScriptSource => {
  if (module !== undefined) return { kind: 'module', path: resolve(module) }
  try {
    const { Script } = process.getBuiltinModule('node:vm')
    new Script(`(${js}\n)`, { filename: '--js' })
  } catch (error) {
    throw new UsageError(`--js ${JSON.stringify(js)} is no JavaScript expression: ${describe(error)}; ${example}`)
  }
  return { kind: 'expression', text: js }
}

const example = "expected a function like 'r => ({...r, total: r.price * r.n})'"

const explain = (source: ScriptSource, { message }: ScriptError): string =>
  source.kind === 'module'
    ? `--module ${source.path} cannot be used: ${message}; expected a default export like: export default record => ({ ...record, seen: true })`
    : `--js ${JSON.stringify(source.text)} cannot be used: ${message}; ${example}`

const describe = (error: unknown) => (error instanceof Error ? error.message : String(error))
