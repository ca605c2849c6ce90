import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { createWorkers, type WorkersOptions } from '../../../src/calls/worker/workers.js'
import { createFakeClock, type FakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import { parsePath } from '../../../src/core/json/path.js'
import { assertGone, failureOf, fixture, quiet, temporaryFile, until } from '../../helpers/children.js'

const setUp = (t: ExecutionContext, options: Partial<WorkersOptions> = {}) => {
  const file = temporaryFile('pids')
  const strays: number[] = []
  const workers = createWorkers({
    ...quiet,
    killAfter: 100,
    timeout: 0,
    startTimeout: 0,
    argv: [fixture('worker.sh'), file],
    size: 1,
    pipeline: 1,
    onStray: number => strays.push(number),
    ...options,
  })
  t.teardown(() => workers.end())
  let number = 0
  const give = async (record: string, signal = new AbortController().signal) => {
    number += 1
    const line = { bytes: Buffer.from(`${record}\n`), number, file: undefined }
    const lines = await workers.call(line, { killing: signal, attempt: 1, id: 'x' })
    return {
      text: lines.map(String).join(''),
      refusal: lines.verdict?.then(failure => failure?.kind),
      rests: lines.keepsPlace,
    }
  }
  const ask = async (record: string, signal?: AbortSignal) => (await give(record, signal)).text
  const pids = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [])
  const go = () => writeFileSync(`${file}.go`, '')
  const answer = () => writeFileSync(`${file}.answer`, '')
  return { workers, give, ask, go, answer, pids, strays }
}

test('one worker answers many records and ends with its input', async t => {
  const { workers, ask, pids } = setUp(t)
  for (const record of ['{"a": 1.0}', '2', '"three"']) t.is(await ask(record), `${record}\n`)
  t.is(pids().length, 1)
  await workers.close()
  await assertGone(t, pids())
})

const failsAlone = test.macro(
  async (t, record: string, kind: string, message: RegExp, restarted: boolean, pidsAtEnd?: number) => {
    const { workers, give, ask, pids } = setUp(t)
    const first = await give('1')
    t.is(await first.refusal, undefined)
    const controller = new AbortController()
    const failing = failureOf(ask(record, controller.signal))
    if (pidsAtEnd !== undefined) {
      await until(t, 'the record is at work', () => pids().length === pidsAtEnd)
      controller.abort(new Failure('timeout', 'transient', 'No answer within 300ms'))
    }
    const failure = await failing
    t.is(failure.kind, kind as typeof failure.kind)
    t.regex(failure.message, message)
    t.is(await ask('3'), '3\n')
    const workersStarted = new Set(pids()).size
    t.true(restarted ? workersStarted > 1 : workersStarted === 1)
    await workers.close()
    await assertGone(t, pids())
  },
)

test('a worker that hangs is replaced', failsAlone, '"hang"', 'timeout', /within 300ms$/, true, 1)
test('a worker that ignores TERM is killed with its child', failsAlone, '"deaf"', 'timeout', /within 300ms$/, true, 2)
test('a worker that exits in the middle fails one record', failsAlone, '"die"', 'worker_died', /exited with 3/, true)
test('a worker that is killed fails one record', failsAlone, '"kill"', 'worker_died', /SIGKILL/, true)
test('half a line is no answer', failsAlone, '"half"', 'worker_died', /6 bytes without a newline/, true)
test('two lines are no answer', failsAlone, '"two"', 'output_parse', /more than one line/, true)
// Whoever writes a line that is no answer may write the answer after it.
test(
  'text is no answer and ends its worker',
  failsAlone,
  '"text"',
  'output_parse',
  /is not one JSON value, at byte 2: /,
  true,
)
test('an empty line is no answer and ends its worker', failsAlone, '"nothing"', 'output_parse', /is empty/, true)

test('a worker that writes without end is ended', async t => {
  const { ask, pids } = setUp(t, { maxResponse: 1000 })
  t.is((await failureOf(ask('"flood"'))).kind, 'output_parse')
  t.is((await failureOf(ask(JSON.stringify('x'.repeat(2000))))).kind, 'output_too_large')
  await assertGone(t, pids())
})

/** On a clock that stands still nothing counts as quiet by itself. A first record has been answered. */
const setUpStanding = async (t: ExecutionContext, options: Partial<WorkersOptions> = {}) => {
  const clock = createFakeClock()
  const all = setUp(t, { ...options, clock })
  const first = await all.give('1')
  await clock.advance(100)
  t.is(await first.refusal, undefined)
  return { ...all, clock }
}

test('a worker that rests keeps the place of its last record, a busy one does not', async t => {
  const clock = createFakeClock()
  const { give } = setUp(t, { clock })
  const first = await give('1')
  t.true(first.rests)
  await clock.advance(100)
  t.false((await give('2')).rests)
  await clock.advance(10)
  t.false((await give('3')).rests)
})

test('a worker that closes its output and lives on is ended', async t => {
  const { give } = setUp(t, { argv: ['sh', '-c', 'read -r x; exec >&-; sleep 1000'], killAfter: 100 })
  t.like(await failureOf(give('1')), {
    kind: 'worker_died',
    message: 'Worker closed its standard output before it answered and kept running',
  })
})

test('no timer is left of a worker that closed its output before its input was over', async t => {
  const clock = createFakeClock()
  const argv = ['sh', '-c', 'read -r x; echo "$x"; exec >&-; read -r y']
  const { give, workers } = setUp(t, { clock, argv })
  await give('1')
  await until(t, 'the end of its output is seen', () => clock.waiting === 2)
  await workers.close()
  t.is(clock.waiting, 0)
})

test('an extra line at once fails its record and those whose answers are held', async t => {
  const { give, pids } = await setUpStanding(t)
  const second = await give('2')
  t.is((await failureOf(give('"two"'))).kind, 'output_parse')
  t.is(await second.refusal, 'output_parse')
  await assertGone(t, pids())
  t.is((await give('4')).text, '4\n')
})

test('an extra line while nothing is asked fails the records whose answers are held', async t => {
  const { give, go, pids, strays } = await setUpStanding(t)
  const second = await give('2')
  const third = await give('"late"')
  go()
  t.is(await second.refusal, 'output_parse')
  t.is(await third.refusal, 'output_parse')
  await assertGone(t, pids())
  t.deepEqual(strays, [])
  t.is((await give('4')).text, '4\n')
})

test('an extra line that looks like the answer to the next record is found out', async t => {
  const { give, go, answer, pids } = await setUpStanding(t)
  const late = await give('"late"')
  const next = give('"wait"')
  go()
  t.is((await next).text, '"extra"\n')
  answer()
  t.is(await (await next).refusal, 'output_parse')
  t.is(await late.refusal, 'output_parse')
  await assertGone(t, pids())
  t.is((await give('4')).text, '4\n')
})

test('an extra line after all answers count ends the worker and is told', async t => {
  const { give, clock, go, pids, strays } = await setUpStanding(t)
  const late = await give('"late"')
  await clock.advance(20)
  t.is(await late.refusal, undefined)
  go()
  await assertGone(t, pids())
  t.deepEqual(strays, [2])
  t.is((await give('3')).text, '3\n')
})

test('an answer that says whose it is counts at once, and no other is one', async t => {
  const { give, go, pids } = setUp(t, { clock: createFakeClock(), correlate: parsePath('.') })
  const late = await give('"late"')
  t.is(late.refusal, undefined)
  const next = failureOf(give('"wait"'))
  go()
  t.like(await next, {
    kind: 'output_parse',
    message: 'Worker wrote a line for . "wait" which has "extra": it is not an answer to this record',
  })
  await assertGone(t, pids())
  t.is((await give('4')).text, '4\n')
})

test('a worker that ends well between records is replaced quietly', async t => {
  const { ask, pids } = setUp(t)
  t.is(await ask('1'), '1\n')
  t.is(await ask('"last"'), '"last"\n')
  t.is(await ask('3'), '3\n')
  t.is(pids().length, 2)
})

test('a child left behind by a worker that ends is killed', async t => {
  const { ask, pids } = setUp(t)
  t.is(await ask('"fork"'), '"fork"\n')
  t.is(await ask('2'), '2\n')
  await assertGone(t, pids().slice(0, 2))
})

test('a worker that never answers is told about buffers', async t => {
  const { ask } = setUp(t, { argv: ['sleep', '1000'] })
  const controller = new AbortController()
  const failing = failureOf(ask('1', controller.signal))
  controller.abort(new Failure('timeout', 'transient', 'No answer within 1s'))
  t.regex((await failing).message, /^No answer within 1s; .*stdbuf -oL/)
})

test('a worker that dies at once fails each record, and is not started without one', async t => {
  const { ask } = setUp(t, { argv: ['false'] })
  for (let count = 0; count < 6; count++) t.is((await failureOf(ask('1'))).kind, 'worker_died')
})

test('stderr is passed on with the number of the record, its end is in the failure', async t => {
  const passed: [number, string][] = []
  const { ask } = setUp(t, {
    stderr: (number, lines) => {
      for (const line of lines) passed.push([number, line.slice(-10)])
    },
  })
  await ask('"noise"')
  const failure = await failureOf(ask('"half"'))
  t.true(failure.facts.stderr?.endsWith('last words\ncannot go on\n'))
  t.deepEqual(
    passed.map(([, line]) => line),
    ['xxxxxxxxx…', 'last words', 'nnot go on'],
  )
  t.deepEqual(passed.at(-1), [2, 'nnot go on'])
})

test('--pipeline keeps answers with their records, and a death fails all in flight', async t => {
  const { ask, workers } = setUp(t, { pipeline: 8 })
  t.is(await ask('0'), '0\n')
  const records = Array.from({ length: 20 }, (_, index) => `{"n":${index}}`)
  t.deepEqual(
    await Promise.all(records.map(record => ask(record))),
    records.map(record => `${record}\n`),
  )
  const failures = await Promise.all(['"die"', '1', '2'].map(record => failureOf(ask(record))))
  t.deepEqual(
    failures.map(({ kind }) => kind),
    ['worker_died', 'worker_died', 'worker_died'],
  )
  t.is(await ask('4'), '4\n')
  await workers.close()
})

test('--raw takes text', async t => {
  const { ask } = setUp(t, { raw: true })
  t.is(await ask('"text"'), '"text"\n')
})

/** Lets time pass, little by little, while real processes get on. */
const advanceUntil = async (clock: FakeClock, running: Promise<unknown>) => {
  let isOver = false
  void running
    .catch(() => {})
    .then(() => {
      isOver = true
    })
  while (!isOver) await clock.advance(1)
}

test('until the first answer of a worker its start has the time', async t => {
  const clock = createFakeClock()
  const { ask, answer, pids } = setUp(t, { clock, timeout: 1000, startTimeout: 60_000 })
  const first = ask('"wait"')
  await until(t, 'the worker runs', () => pids().length > 0)
  await clock.advance(59_000)
  answer()
  t.is(await first, '"wait"\n')
  const second = failureOf(ask('"hang"'))
  await advanceUntil(clock, second)
  t.like(await second, { kind: 'timeout', message: 'No answer within 1s' })
})

test('a worker that does not start has a timeout of its own, the next one too', async t => {
  const clock = createFakeClock()
  const { ask, pids } = setUp(t, { clock, timeout: 1000, startTimeout: 60_000 })
  for (const round of [1, 2]) {
    const late = failureOf(ask('"hang"'))
    await until(t, 'the worker runs', () => pids().length === round)
    await clock.advance(60_000)
    await advanceUntil(clock, late)
    const failure = await late
    t.is(failure.kind, 'timeout')
    t.regex(
      failure.message,
      /^No first answer within 60s of --start-timeout; does it take longer to start, or does it buffer/,
    )
  }
})

test('records that wait for a worker to start are not timed', async t => {
  const clock = createFakeClock()
  const { ask, answer, pids } = setUp(t, { clock, timeout: 20_000, startTimeout: 60_000, pipeline: 2 })
  const all = ['"wait"', '2', '3'].map(record => ask(record))
  await until(t, 'the worker runs', () => pids().length > 0)
  await clock.advance(30_000)
  answer()
  const end = Promise.all(all)
  await advanceUntil(clock, end)
  t.deepEqual(await end, ['"wait"\n', '2\n', '3\n'])
})

test('a worker refuses one record and lives on', async t => {
  const { ask, pids } = setUp(t)
  const refuse = (more: object) => failureOf(ask(JSON.stringify({ $streamz: 'reject', ...more })))
  t.like(await refuse({ message: 'no such user', class: 'input' }), {
    kind: 'script',
    failureClass: 'input',
    message: 'Worker refused the record',
    facts: { stderr: 'no such user' },
  })
  t.like(await refuse({ class: 'throttled', retry_after_ms: 1500 }), {
    failureClass: 'throttled',
    facts: { retryAfter: 1500 },
  })
  t.like(await refuse({ class: 'fatal' }), { failureClass: 'permanent' })
  t.is(await ask('{"$streamz":"other"}'), '{"$streamz":"other"}\n')
  t.is(pids().length, 1)
})

test('what a worker said on stderr is with every failure', async t => {
  const { ask } = setUp(t, { argv: ['sh', '-c', 'echo why >&2; read -r x; echo {'] })
  t.like(await failureOf(ask('1')), { kind: 'output_parse', facts: { stderr: 'why\n', output: '{\n' } })
})

test('arguments cannot hold fields', t => {
  const options = { ...quiet, timeout: 0, startTimeout: 0, size: 1, pipeline: 1, onStray() {} }
  t.throws(() => createWorkers({ ...options, argv: ['grep', '{.word}'] }), { instanceOf: RangeError, message: /once/ })
  t.throws(() => createWorkers({ ...options, argv: [] }), { instanceOf: RangeError })
})

test('a worker that does not end with its input gets TERM, then KILL', async t => {
  const { ask, workers, pids } = setUp(t, {
    argv: ['sh', '-c', 'trap "" TERM; read -r x; echo "$x"; while :; do sleep 0.1; done'],
  })
  t.is(await ask('1'), '1\n')
  await workers.close()
  t.deepEqual(pids(), [])
})
