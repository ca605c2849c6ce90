import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { until } from '../helpers/children.js'
import { start, streamz } from '../helpers/cli.js'
import { startNats, startRedis } from '../helpers/engines.js'

/** The environment of a process whose clock is off by this many milliseconds. */
const clockOff = (ms: number) => ({
  NODE_OPTIONS: `--require ${resolve('test/fixtures/other-clock.cjs')}`,
  CLOCK_OFF: `${ms}`,
})

const clocks = [-3000, 3000, 0, -3000, 3000, 0, -3000, 3000]

const averageOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0) / counts.length

const measure = async (t: ExecutionContext, place: string, rate: number) => {
  const runs = clocks.map(ms => {
    const run = start(t, ['throttle', '--rate', `${rate}/s`, '--state', place, '--quiet'], { env: clockOff(ms) })
    let count = 0
    run.child.stdout?.on('data', (part: Buffer) => {
      count += part.toString().split('\n').length - 1
    })
    run.child.stdin?.on('error', () => {}).write('1\n'.repeat(5000))
    return { ...run, count: () => count }
  })
  const began = performance.now()
  await until(t, 'all have begun', () => runs.every(({ count }) => count() > 0))
  const before = runs.map(({ count }) => count())
  await sleep(10_000)
  const passed = runs.map(({ count }, index) => count() - (before[index] ?? 0))
  const total = runs.reduce((sum, { count }) => sum + count(), 0)
  const seconds = (performance.now() - began) / 1000
  for (const { child } of runs) child.kill('SIGTERM')
  await Promise.all(runs.map(({ finished }) => finished))
  t.log(`${rate}/s: ${passed.join(' ')}; ${total} in ${seconds.toFixed(1)} s`)
  t.true(total <= 1 + rate * (seconds + 0.11), `${total} in ${seconds} s`)
  return passed
}

for (const [kind, engine] of [
  ['redis', startRedis],
  ['nats', startNats],
] as const) {
  for (const rate of [16, 200]) {
    test.serial(
      `${kind}: ${rate}/s for eight processes, six with clocks 3 s off: the bound holds, no clock is favoured`,
      async t => {
        const { url } = await engine(t)
        // A busy machine may wake one of them late for a while; clocks that are off would do it every time.
        let unfair = ''
        for (let tries = 1; tries <= 3; tries++) {
          const passed = await measure(t, url(`quota-${tries}`), rate)
          const share = averageOf(passed)
          t.true(share > (rate * 10) / 8 / 2, `only ${share} of ${(rate * 10) / 8}`)
          // Of few slots a single process may have bad luck; all with the same clock have it only because of their clock.
          const byClock = [-3000, 0, 3000].map(ms => averageOf(passed.filter((_, index) => clocks[index] === ms)))
          if (byClock.every(count => count >= share / 3 && count <= share * 3)) return
          unfair += `${passed.join(' ')}; `
        }
        t.fail(unfair)
      },
    )
  }

  test.serial(`${kind}: a circuit is open for its time, whatever the clocks of the runs say`, async t => {
    const { url } = await engine(t)
    const place = url('api')
    const open = [
      '--consecutive',
      '1',
      '--fail-rate',
      'off',
      '--open-for',
      '2s..2s',
      '--on-open',
      'fail',
      '--probes',
      '1',
    ]
    const run = (ms: number, program: string) =>
      streamz(t, ['breaker', '--state', place, ...open, '--', program], { stdin: '1\n', env: clockOff(ms) })
    for (const [one, other] of [
      [-3000, 3000],
      [3000, -3000],
    ] as const) {
      await streamz(t, ['breaker', 'reset', place])
      await streamz(t, ['breaker', 'open', place, '--for', '1h'], { env: clockOff(one) })
      const status = await streamz(t, ['breaker', 'status', place, '--json'], { env: clockOff(other) })
      const { until: end } = JSON.parse(String(status.stdout)).override
      const left = Date.parse(end) - Date.now()
      t.true(left > 3_560_000 && left <= 3_600_500, `open for ${left} ms`)
      t.is((await run(other, 'cat')).exitCode, 75)
      await streamz(t, ['breaker', 'reset', place], { env: clockOff(other) })
      t.is((await run(one, 'false')).exitCode, 1)
      await sleep(3000)
      const { exitCode, stderr } = await run(other, 'cat')
      t.is(exitCode, 0)
      t.notRegex(stderr, /clock/)
    }
  })
}
