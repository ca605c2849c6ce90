import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext, TestFn } from 'ava'
import { until } from './children.js'
import { start as startRun, streamz } from './cli.js'
import type { Engine } from './engines.js'

type Start = (t: ExecutionContext, settings?: readonly string[]) => Promise<Engine>

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `{"n":${from + index}}\n`).join('')

/** A run that has written its first records, with a hand on its input. */
const begin = async (t: ExecutionContext, args: readonly string[], count = 10) => {
  const { child, finished } = startRun(t, args)
  let out = ''
  child.stdout?.on('data', chunk => {
    out += chunk
  })
  child.stdin?.write(lines(1, count))
  await until(t, `${count} records are out`, () => out.split('\n').length > count)
  return { child, finished, out: () => out }
}

const numbersIn = (out: string) =>
  out
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line).n)

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** How runs that share a state on a server live with what happens to it. */
export const testOutages = (test: TestFn, kind: string, start: Start): void => {
  test.serial(
    `${kind}: a breaker goes on while the server stands still, and its outcomes are there afterwards`,
    async t => {
      const engine = await start(t)
      const place = engine.url('api')
      const { child, finished, out } = await begin(t, ['breaker', '--state', place, '-j', '2', '--', 'cat'])
      engine.stop()
      child.stdin?.write(lines(11, 60))
      await until(t, 'all are out', () => numbersIn(out()).length === 60)
      await sleep(3000)
      engine.go()
      child.stdin?.end()
      const { exitCode, stderr } = await finished
      t.is(exitCode, 0)
      t.deepEqual(numbersIn(out()), upTo(60))
      t.is(stderr.match(/does not answer/g)?.length, 1)
      const status = await streamz(t, ['breaker', 'status', place, '--json'])
      t.is(JSON.parse(String(status.stdout)).counters.ok, 60)
    },
  )

  test.serial(`${kind}: a breaker goes on when the server is killed, and says so once`, async t => {
    const engine = await start(t)
    const { child, finished, out } = await begin(t, ['breaker', '--state', engine.url('api'), '-j', '2', '--', 'cat'])
    await engine.kill()
    child.stdin?.write(lines(11, 60))
    await until(t, 'all are out', () => numbersIn(out()).length === 60)
    child.stdin?.end()
    const { exitCode, stderr } = await finished
    t.is(exitCode, 0)
    t.deepEqual(numbersIn(out()), upTo(60))
    t.regex(stderr, /^.* does not answer.*; until then breaker api uses only what this process sees\n$/)
  })

  test.serial(`${kind}: a limit waits while the server stands still, and is not guessed when it is gone`, async t => {
    const engine = await start(t)
    const limited = ['throttle', '--state', engine.url('quota'), '--rate', '100/s']
    const still = await begin(t, limited)
    engine.stop()
    still.child.stdin?.end(lines(11, 20))
    await sleep(3000)
    const held = numbersIn(still.out()).length
    // What was granted before, for a tenth of a second, may still pass.
    t.true(held <= 20, `${held}`)
    engine.go()
    t.is((await still.finished).exitCode, 0)
    t.deepEqual(numbersIn(still.out()), upTo(20))

    const gone = await begin(t, [...limited, '--max-wait', '1s'])
    await engine.kill()
    gone.child.stdin?.write(lines(11, 100))
    const { exitCode, stderr } = await gone.finished
    t.is(exitCode, 75)
    t.regex(
      stderr,
      /Cannot use the limit of --state: .* does not answer.*; start it, or look at the URL; undelivered=\d+ from line \d+/,
    )
  })

  test.serial(`${kind}: a run does not start without its server: 75 within 10 seconds, nothing read`, async t => {
    const engine = await start(t)
    await engine.kill()
    for (const args of [
      ['breaker', '--state', engine.url('api'), '--', 'cat'],
      ['throttle', '--rate', '9/s', '--state', engine.url('quota')],
      ['map', '--rate', '9/s', '--rate-state', engine.url('quota'), '--', 'cat'],
      ['breaker', 'check', engine.url('api')],
    ]) {
      const before = performance.now()
      const { exitCode, stdout, stderr } = await streamz(t, args, { stdin: lines(1, 3) })
      t.is(exitCode, 75, args.join(' '))
      t.is(String(stdout), '')
      t.regex(stderr, /^streamz \w+: .* does not answer \(ECONNREFUSED\); start it, or look at the URL\n$/)
      t.true(performance.now() - before < 10_000, args.join(' '))
    }
  })
}
