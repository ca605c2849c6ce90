import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { ExecutionContext } from 'ava'
import { makeFolder } from './temporary-folder.js'

/** A server of a test: it ends with the test. */
export type Engine = {
  readonly port: number
  /** Where a value of this name is. */
  url(name: string): string
  /** It stands still, and goes on. */
  stop(): void
  go(): void
  /** Ends it at once, as a power loss does. */
  kill(): Promise<void>
  /** Starts it again with what is on its disk. */
  restart(): Promise<void>
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

type Teardown = Pick<ExecutionContext, 'teardown'>

/** Starts Redis on a free loopback port, with an append-only file unless the settings say otherwise. */
export const startRedis = async (t: Teardown, settings: readonly string[] = []): Promise<Engine> => {
  const folder = makeFolder(t as ExecutionContext)
  return startEngine(t, {
    program: 'redis-server',
    ready: /Ready to accept connections/,
    args: port => [
      ...['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
      ...(settings.includes('--tls-port') ? [] : ['--port', `${port}`]),
      ...settings.map(word => (word === 'PORT' ? `${port}` : word)),
    ],
    url: (port, name) => `redis://127.0.0.1:${port}/${name}`,
  })
}

/** Starts NATS with JetStream on a free loopback port. */
export const startNats = async (t: Teardown, settings: readonly string[] = []): Promise<Engine> => {
  const folder = makeFolder(t as ExecutionContext)
  return startEngine(t, {
    program: 'nats-server',
    ready: /Server is ready/,
    args: port => ['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', folder, ...settings],
    url: (port, name) => `nats://127.0.0.1:${port}/streamz/${name}`,
  })
}

type Kind = {
  readonly program: string
  readonly ready: RegExp
  readonly args: (port: number) => readonly string[]
  readonly url: (port: number, name: string) => string
}

const startEngine = async (t: Teardown, { program, ready, args, url }: Kind): Promise<Engine> => {
  const port = await freePort()
  let child: ChildProcess | undefined
  const start = async () => {
    const started = spawn(program, args(port), { stdio: ['ignore', 'pipe', 'pipe'] })
    child = started
    let said = ''
    await new Promise<void>((resolve, reject) => {
      const hear = (part: Buffer) => {
        said += part
        if (ready.test(said)) resolve()
      }
      started.stdout.on('data', hear)
      started.stderr.on('data', hear)
      started.on('error', error => reject(new Error(`${program} cannot be started: ${error.message}; install it`)))
      started.on('exit', code => reject(new Error(`${program} exits ${code}: ${said}`)))
    })
  }
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  t.teardown(kill)
  await start()
  return {
    port,
    url: name => url(port, name),
    stop: () => void child?.kill('SIGSTOP'),
    go: () => void child?.kill('SIGCONT'),
    kill,
    restart: start,
  }
}
