import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAttempts } from '../../src/calls/attempts/create-attempts.js'
import { createCommandCall } from '../../src/calls/command/call.js'
import { realClock } from '../../src/core/clock.js'
import { faster, type Row, type Setting, within } from '../row.js'

const concurrency = 4
const record = '{"id":"order-1","user":"u17","amount":129.5,"items":[1,2,3]}\n'

/** A process per record, four at a time. */
export const describeRows = ({ quick, streamz, script, folder }: Setting): readonly Row[] => {
  const calls = quick ? 100 : 400
  const file = join(folder, 'calls.ndjson')
  writeFileSync(file, record.repeat(calls))
  const turn = quick ? 40 : 60
  return [
    {
      title: `map -- /bin/cat, ${calls} records, ${concurrency} at a time`,
      unit: 's',
      rounds: [9, 3],
      contenders: [
        { name: 'map', run: `${streamz} map -j ${concurrency} -- /bin/cat <${file} >/dev/null` },
        { name: 'bare spawn', run: `${script('bare/spawn')} ${concurrency} <${file} >/dev/null` },
        {
          name: 'parallel --pipe -N1',
          needs: 'parallel',
          slow: true,
          run: `parallel --pipe -N1 -k -j${concurrency} /bin/cat <${file} >/dev/null`,
        },
      ],
      targets: [faster('map', 'parallel --pipe -N1', 4), within('map', 'bare spawn', 1.15)],
    },
    {
      title: `One call of /bin/cat, in one process, ${concurrency} at a time`,
      unit: 'ms',
      rounds: [25, 7],
      note: 'On a busy Linux with autogroups the scheduler makes children in a group of their own wait longer.',
      contenders: Object.entries(ways).map(([name, run]) => ({ name, run: () => measure(run, turn) })),
      targets: [within('whole call', 'bare', 1.15)],
    },
  ]
}

const bytes = Buffer.from(record)

const bare = (detached: boolean) => () =>
  new Promise<void>((resolve, reject) => {
    const child = spawn('/bin/cat', { detached })
    child.on('error', reject)
    child.on('close', () => resolve())
    child.stdout.resume()
    child.stderr.resume()
    child.stdin.end(bytes)
  })

const call = createCommandCall({
  argv: ['/bin/cat'],
  killAfter: 2000,
  maxResponse: 16 * 1024 * 1024,
  multi: false,
  raw: false,
  stderr: () => {},
  clock: realClock,
})
const retried = createAttempts(call, {
  timeout: 30_000,
  retries: 3,
  backoff: () => 500,
  recordDeadline: 0,
  clock: realClock,
})
const { signal } = new AbortController()
const whole = async () => {
  await retried({ bytes, number: 1, file: undefined }, { killing: signal, id: '5c1f' })
}

/** Group, retry, timeout, limits, stderr and a parsed answer, against `spawn` with its pipes. */
const ways = { 'whole call': whole, bare: bare(false), 'bare, own group': bare(true) }

const measure = async (run: () => Promise<void>, calls: number): Promise<number> => {
  let left = calls
  const loop = async () => {
    while (left-- > 0) await run()
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: concurrency }, loop))
  return (performance.now() - start) / calls
}
