import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { start, streamz } from '../helpers/cli.js'
import { startNats, startRedis } from '../helpers/engines.js'
import { makeFolder } from '../helpers/temporary-folder.js'

const records = (count: number) => '{"n":1}\n'.repeat(count)

for (const [kind, engine] of [
  ['redis', startRedis],
  ['nats', startNats],
] as const) {
  test.serial(`${kind}: every outcome of four runs is counted once`, async t => {
    const { url } = await engine(t)
    const cwd = makeFolder(t)
    const runs = Array.from({ length: 4 }, () => {
      const script = 'echo call >> calls; test $(($$ % 5)) -gt 0'
      const lasting = ['--fail-rate', '90%', '--consecutive', 'off', '--failures', 'brief']
      const run = start(
        t,
        ['breaker', '--state', url('api'), ...lasting, '-j', '4', '--pass', '--', 'sh', '-c', script],
        { cwd },
      )
      run.child.stdin?.end(records(150))
      return run.finished
    })
    let failed = 0
    for (const { stderr, stdout } of await Promise.all(runs)) {
      const count = Number(/(\d+) of 150 records failed/.exec(stderr)?.[1] ?? 0)
      t.is(count + String(stdout).split('\n').length - 1, 150)
      failed += count
    }
    const { stdout } = await streamz(t, ['breaker', 'status', url('api'), '--json'])
    const { counters } = JSON.parse(String(stdout))
    t.is(readFileSync(join(cwd, 'calls'), 'utf8').split('\n').length - 1, 600)
    t.like(counters, { ok: 600 - failed, fail: failed, late: 0 })
  })

  test.serial(`${kind}: of four runs never two probe at the same time`, async t => {
    const { url } = await engine(t)
    const cwd = makeFolder(t)
    await streamz(t, ['breaker', 'open', url('api'), '--for', '1s'])
    const script =
      'mkdir held 2>/dev/null || echo two >> overlaps; echo probe >> probes; sleep 0.05; rmdir held; exit 75'
    const args = [
      'breaker',
      '--state',
      url('api'),
      '-j',
      '4',
      '--open-for',
      '100ms..100ms',
      '--deadline',
      '8s',
      '--retries',
      '99',
    ]
    const runs = Array.from({ length: 4 }, () => {
      const run = start(t, [...args, '--failures', 'brief', '--', 'sh', '-c', script], { cwd })
      run.child.stdin?.end(records(100))
      return run.finished
    })
    for (const { exitCode } of await Promise.all(runs)) t.is(exitCode, 124)
    t.false(existsSync(join(cwd, 'overlaps')))
    const probes = readFileSync(join(cwd, 'probes'), 'utf8').split('\n').length - 1
    t.log(`${probes} probes`)
    t.true(probes >= 5, `${probes}`)
  })
}
