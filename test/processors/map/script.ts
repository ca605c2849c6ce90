import test from 'ava'
import type { ScriptThreads } from '../../../src/calls/script/call.js'
import { status } from '../../../src/calls/script/protocol.js'
import type { Thread } from '../../../src/calls/script/threads.js'
import type { Clock } from '../../../src/core/clock.js'
import { type Attempts, Failure } from '../../../src/core/failure.js'
import type { Lines } from '../../../src/core/lines.js'
import type { Context } from '../../../src/core/processor.js'
import { createScript, type ScriptOptions } from '../../../src/processors/map/script.js'
import { type Arrival, type DriveOptions, drive } from '../../helpers/processor.js'

/** What the script does with a record: a result after so many milliseconds, nothing ever, or the end of its thread. */
type Work = { readonly ms: number; readonly result?: string } | 'hang' | 'die'

/** Threads on the clock of the test; each works on one record after the other. */
const createFakeThreads = (clock: Clock, size: number, workOf: (text: string) => Work, canRestart = true) => {
  let started = 0
  const start = (): Thread => {
    started++
    let alive = true
    let held = false
    let at = 0
    let results: string[] = []
    let over: (death?: Failure) => void = () => {}
    return {
      isAlive: () => alive,
      run(lines: Lines, _: unknown, done: (death?: Failure) => void) {
        at = 0
        over = death => {
          over = () => {}
          done(death)
        }
        const next = (): void => {
          if (!alive) return
          if (held || at === lines.length) return over()
          const work = workOf(lines.at(at).bytes.toString().trim())
          if (work === 'hang') return
          if (work === 'die') {
            alive = false
            return over(new Failure('script', 'permanent', 'Died'))
          }
          clock.after(work.ms, () => {
            if (!alive) return
            results.push(work.result ?? '')
            at++
            next()
          })
        }
        next()
      },
      position: () => at,
      collect() {
        if (results.length === 0) return undefined
        const taken = results
        results = []
        let end = 0
        return {
          statuses: Uint8Array.from(taken, text => (text === '' ? status.filtered : status.emitted)),
          ends: Int32Array.from(taken, text => {
            end += text === '' ? 0 : text.length + 1
            return end
          }),
          bytes: Buffer.from(taken.map(text => (text === '' ? '' : `${text}\n`)).join('')),
        }
      },
      async settle() {},
      hold() {
        held = true
      },
      async end() {
        alive = false
        over(new Failure('script', 'permanent', 'Ended'))
      },
    } as unknown as Thread
  }
  const idle = Array.from({ length: size }, start)
  const threads: ScriptThreads = {
    async start() {},
    take: () => idle.shift(),
    async giveBack(thread) {
      if (thread.isAlive()) idle.push(thread)
      else if (canRestart) idle.push(start())
      else throw new Error('It cannot be loaded')
    },
    async close() {},
  }
  return { threads, started: () => started }
}

const runScript = async (
  workOf: (text: string) => Work,
  arrivals: readonly Arrival[],
  more: Partial<ScriptOptions> & { canRestart?: boolean } = {},
  options: DriveOptions = {},
) => {
  const attempts: (Attempts | undefined)[] = []
  const counts = { left: 0 }
  const made: { started: () => number }[] = []
  const { concurrency = 1, canRestart, ...rest } = more
  const driven = await drive(
    (context: Context) => {
      const fake = createFakeThreads(context.clock, concurrency, workOf, canRestart)
      made.push(fake)
      const watched: Context = {
        ...context,
        reject(line, failure, tried, kept) {
          attempts.push(tried)
          context.reject(line, failure, tried, kept)
        },
        leave(line, records) {
          counts.left += records
          context.leave?.(line, records)
        },
      }
      const usual = { timeout: 1000, order: 'input', window: 100, multi: false, id: undefined } as const
      return createScript({ threads: fake.threads, concurrency, ...usual, ...rest }, watched)
    },
    arrivals,
    options,
  )
  return { ...driven, attempts, leftRecords: counts.left, started: made[0]?.started() ?? 0 }
}

const outOf = ({ out }: { out: readonly (readonly [number, string])[] }) => out.map(([, line]) => line)

test('results leave in the order of the input, what is dropped is filtered', async t => {
  const work = (text: string): Work => (text === '2' ? { ms: 5 } : { ms: text === '1' ? 500 : 1, result: `"${text}"` })
  const run = await runScript(work, [[0, '1', '2', '3', '4']], { concurrency: 2 })
  t.deepEqual(outOf(run), ['"1"', '"3"', '"4"'])
  t.is(run.filtered, 1)
})

test('by completion nobody waits for a slow record', async t => {
  const work = (text: string): Work => ({ ms: text === '1' ? 500 : 1, result: text })
  const run = await runScript(work, [[0, '1', '2', '3', '4']], { concurrency: 2, order: 'completion' })
  t.is(outOf(run).at(-1), '1')
  t.is(run.out.length, 4)
})

test('a record that hangs fails with its time, its thread is replaced, and the others go on', async t => {
  const work = (text: string): Work => (text === '2' ? 'hang' : { ms: 1, result: text })
  const run = await runScript(work, [[0, '1', '2', '3']])
  t.deepEqual(outOf(run), ['1', '3'])
  t.deepEqual(
    run.rejected.map(({ kind, line }) => [kind, line]),
    [['timeout', '2']],
  )
  t.deepEqual(run.attempts, [{ attempts: 1, duration: 1000 }])
  t.is(run.started, 2)
})

test('a record that ends its thread fails for that, once tried', async t => {
  const work = (text: string): Work => (text === '1' ? 'die' : { ms: 1, result: text })
  const run = await runScript(work, [[0, '1', '2']])
  t.deepEqual(
    run.rejected.map(({ kind, line }) => [kind, line]),
    [['script', '1']],
  )
  t.deepEqual(run.attempts, [{ attempts: 1, duration: 0 }])
  t.deepEqual(outOf(run), ['2'])
})

test('a script that cannot be loaded again ends the run; what is left fails', async t => {
  const work = (text: string): Work => (text === '1' ? 'die' : { ms: 1, result: text })
  const run = await runScript(work, [[0, '1', '2', '3']], { canRestart: false }, { cutAt: 100 })
  t.is(run.stop?.exit, 127)
  t.regex(run.stop?.message ?? '', /Cannot load the script again: It cannot be loaded/)
  t.is(run.rejected[0]?.kind, 'script')
  t.is(run.out.length, 0)
  t.is(run.rejected.length + run.leftRecords, run.taken)
})

test('once no call may be made what was not begun is left, and was never tried', async t => {
  let calls = 0
  const run = await runScript(text => ({ ms: 1, result: text }), [[0, '1', '2', '3']], { mayCall: () => calls++ < 1 })
  t.deepEqual(outOf(run), ['1'])
  t.deepEqual(
    run.left.map(({ number }) => number),
    [2, 3],
  )
})

test('of a run that is cut, what stands before the last call fails untried, and what stands behind it is left', async t => {
  const work = (text: string): Work => ({ ms: text === '"slow"' ? 400 : 1, result: text })
  // Quick ones first, so that a task has several lines: then one thread is still busy with its first when the other is done.
  const many = Array.from({ length: 30 }, (_, index) => String(index))
  const run = await runScript(
    work,
    [
      [0, ...many],
      [1000, '"slow"', ...many],
    ],
    { concurrency: 2, window: 1000 },
    { cutAt: 1100 },
  )
  t.is(run.out.length + run.rejected.length + run.leftRecords, run.taken)
  t.true(run.rejected.length > 0)
  for (const { kind } of run.rejected) t.is(kind, 'cancelled')
  for (const tried of run.attempts) t.deepEqual(tried, { attempts: 0, duration: 0 })
})

test('no more records are taken than the window allows', async t => {
  const back: number[] = []
  const { out } = await drive(
    context => {
      const { threads } = createFakeThreads(context.clock, 1, text => ({ ms: 10, result: text }))
      const watched: Context = {
        ...context,
        giveBack(lines) {
          back.push(lines.length)
          context.giveBack(lines)
        },
      }
      const options = {
        threads,
        concurrency: 1,
        timeout: 0,
        order: 'input',
        window: 1,
        multi: false,
        id: undefined,
      } as const
      return createScript(options, watched)
    },
    [[0, '1', '2', '3']],
  )
  t.deepEqual(back, [2, 1, 0])
  t.is(out.length, 3)
})
