import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type Finished = { readonly code: number | null; readonly signal: string | null; readonly output: string }

/** Starts a program of `test/fixtures/` and ends it after 30 s whatever happens. */
export const startFixture = (name: string, ...args: readonly string[]) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`../fixtures/${name}.js`, import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
  return watch(child)
}

/** Runs a line of shell in which `"$0"` is node and `"$1"` the fixture. */
export const startInShell = (line: string, name: string, ...args: readonly string[]) => {
  const fixture = fileURLToPath(new URL(`../fixtures/${name}.js`, import.meta.url))
  return watch(
    spawn('sh', ['-c', line, process.execPath, fixture, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 30_000,
      killSignal: 'SIGKILL',
    }),
  )
}

const watch = (child: ChildProcess) => {
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', chunk => {
    output += chunk
  })
  const finished: Promise<Finished> = once(child, 'close').then(([code, signal]) => ({ code, signal, output }))
  return {
    child,
    finished,
    /** Settles when the program has printed something. */
    printed: () => once(child.stdout!, 'data'),
  }
}
