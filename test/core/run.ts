import { closeSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { toJsonStrings, toText } from '../../src/cli/stream/raw-records.js'
import type { Failure } from '../../src/core/failure.js'
import { copyLine, type Line, Lines } from '../../src/core/lines.js'
import type { Context, Processor } from '../../src/core/processor.js'
import { until } from '../helpers/children.js'
import fc from '../helpers/fast-check.js'
import { openPipe, turn } from '../helpers/pipe.js'
import { assertBalanced, bad, startTest, textOf } from '../helpers/run.js'

const pass = (context: Context): Processor => ({ push: lines => context.emit(lines) })

/** Does with each line what its first letter says, two lines at a time, gives back the rest and asks again later. */
const obey = (context: Context): Processor => {
  const held: Line[] = []
  const act = (line: Line) => {
    const word = textOf(line)[0]
    if (word === 'f') context.filter(1)
    else if (word === 'r') context.reject(line, bad('as told'))
    else if (word === 'h') held.push(copyLine(line))
    else context.emit(Lines.fromLine(line))
  }
  return {
    push(lines) {
      for (const line of lines.slice(0, 2)) act(line)
      context.giveBack(lines.slice(2))
      if (lines.length > 2) return turn()
    },
    end() {
      for (const line of held) context.emit(Lines.fromLine(line))
    },
  }
}

const obeyAll = (context: Context): Processor => ({
  push(lines) {
    for (const line of lines) context.reject(line, bad('as told'))
  },
})

const failureLine = '{"$streamz":"error/1","record":1}'
const word = fc.constantFrom('p', 'f', 'r', 'h', '', ' ', failureLine, 'p'.repeat(2000))
const inputs = fc.array(fc.array(word, { maxLength: 30 }), { minLength: 1, maxLength: 3 })

test('Every line is accounted for, once, as what became of it', async t => {
  await fc.assert(
    fc.asyncProperty(inputs, async files => {
      const named = files.map((lines, file) =>
        lines.map((line, index) => (/^[pfrh]$/.test(line) ? `${line}${file}.${index}` : line)),
      )
      const { end, rejected } = startTest(
        named.map(lines => lines.join('\n')),
        { create: obey },
      )
      const { cut, ledger, text } = await end()
      t.is(cut, undefined)
      const all = named.flat()
      const which = (letter: string) => all.filter(line => line.startsWith(letter) && line.length < 1000)
      const sorted = (lines: readonly string[]) => [...lines].sort()
      const upstream = all.filter(line => line === failureLine)
      t.deepEqual(sorted(text.split('\n').slice(0, -1)), sorted([...which('p'), ...which('h'), ...upstream]))
      const long = all.filter(line => line.length > 1024).length
      t.deepEqual(
        sorted(rejected.filter(({ failure }) => failure.kind !== 'too_long').map(({ line }) => textOf(line))),
        sorted(which('r')),
      )
      t.is(ledger.delivered, which('p').length + which('h').length)
      t.is(ledger.filtered, which('f').length)
      t.is(ledger.failed, which('r').length + long)
      t.is(ledger.undelivered, 0)
      t.is(ledger.upstream, upstream.length)
      assertBalanced(t, ledger)
    }),
    { numRuns: 60 },
  )
})

test('Lines that are given back come again and count once; stop leaves the rest unread', async t => {
  const seen: string[] = []
  const { end } = startTest(['\n\n1\n2\n3\n4\n5\n6\n7\n'], {
    create: context => ({
      push(lines) {
        seen.push([...lines].map(textOf).join(''))
        context.giveBack(lines.slice(1))
        if (seen.length === 5) context.stop()
        return context.emit(lines.slice(0, 1))
      },
    }),
  })
  const { cut, ledger, text } = await end()
  t.deepEqual(seen, ['1234567', '234567', '34567', '4567', '567'])
  t.deepEqual(cut, { why: 'stopped' })
  t.is(text, '1\n2\n3\n4\n5\n')
  t.deepEqual([ledger.read, ledger.delivered, ledger.undelivered], [5, 5, 0])
})

test('A cut loses nothing silently: records that were not started are undelivered, upstream failures still pass', async t => {
  const { run, end } = startTest([`\n\n1\n2\n3\n${failureLine}\n5\n\n{"half":`], {
    create: context => ({
      push(lines) {
        context.giveBack(lines.slice(1))
        void context.emit(lines.slice(0, 1))
        run.stop({ why: 'signal', signal: 'SIGTERM' })
        return turn()
      },
    }),
  })
  const { cut, ledger, text } = await end()
  t.deepEqual(cut, { why: 'signal', signal: 'SIGTERM' })
  t.is(text, `1\n${failureLine}\n`)
  t.deepEqual([ledger.delivered, ledger.undelivered, ledger.upstream], [1, 4, 1])
  t.is(ledger.resume?.number, 4)
  assertBalanced(t, ledger)
})

test('The first signal cancels what waits, kill what runs; a gone reader outranks a deadline', async t => {
  const events: string[] = []
  const { run, end } = startTest(['1\n'], {
    create: context => ({
      push(lines) {
        context.stopping.addEventListener('abort', () => {
          events.push('cut')
          context.reject(lines.at(0), context.stopping.reason as Failure)
        })
        return new Promise(resolve =>
          context.killing.addEventListener('abort', () => {
            events.push('kill')
            resolve()
          }),
        )
      },
    }),
  })
  await turn()
  run.stop({ why: 'deadline' })
  await turn()
  t.deepEqual(events, ['cut'])
  run.stop({ why: 'stopped' })
  run.stop({ why: 'closed' })
  const { cut, ledger } = await end()
  t.deepEqual(events, ['cut', 'kill'])
  t.deepEqual(cut, { why: 'closed' })
  t.deepEqual([...ledger.byKind], [['cancelled', 1]])
})

test('A signal after the processor had enough still cancels waiting records', async t => {
  let cancelled = false
  const { run, end } = startTest(['1\n'], {
    create: context => ({
      push: lines => {
        context.stop()
        return context.emit(lines)
      },
      end: () =>
        new Promise(resolve =>
          context.stopping.addEventListener('abort', () => {
            cancelled = true
            resolve()
          }),
        ),
    }),
  })
  await turn()
  await turn()
  run.stop({ why: 'signal', signal: 'SIGINT' })
  t.deepEqual((await end()).cut, { why: 'signal', signal: 'SIGINT' })
  t.true(cancelled)
})

test('The place to resume from is the first lost line, in the first file that lost one', async t => {
  const pipe = openPipe()
  const line = 'x'.repeat(999)
  const many = `${line}\n`.repeat(40)
  const { run, end, files } = startTest([many, many, many], { create: pass }, pipe.write)
  await until(t, 'the pipe is full', () => run.position().bytesRead >= 80_000)
  const got = pipe.take().toString('latin1').split('\n').length - 1
  pipe.closeReader()
  const { cut, ledger } = await end()
  t.deepEqual(cut, { why: 'closed' })
  t.is(ledger.delivered, got)
  t.true(got > 40 && got < 80)
  t.deepEqual(ledger.resume, { file: files[1], number: got - 40 + 1 })
  assertBalanced(t, ledger)
  closeSync(pipe.write)
})

test('A line of an earlier file that is lost late is the place to resume from', async t => {
  const pipe = openPipe()
  let first: Line | undefined
  const { output, end, files } = startTest(
    ['early\n', `${'x'.repeat(1000)}\n`.repeat(300)],
    {
      create: context => ({
        push(lines) {
          if (first !== undefined) return context.emit(lines)
          first = copyLine(lines.at(0))
        },
        // Out of order: `map --order completion` does so.
        end: () => first && context.emit(Lines.fromLine(first)),
      }),
    },
    pipe.write,
  )
  await until(t, 'the pipe is full', () => output.bytesWritten > 0 && !output.empty)
  pipe.closeReader()
  const { ledger } = await end()
  t.deepEqual(ledger.resume, { file: files[0], number: 1 })
  closeSync(pipe.write)
})

test('Text that is not UTF-8 fails once, with its own line number, however often the rest is pushed again', async t => {
  const { end, rejected } = startTest([Buffer.from('a\n\xff\nb\n\n\xfe\xff\nc\n', 'latin1')], {
    create: obey,
    before: toJsonStrings(Number.POSITIVE_INFINITY),
    recogniseFailures: false,
  })
  const { ledger, text } = await end()
  t.deepEqual(
    rejected.map(({ line }) => [line.number, line.bytes.toString('latin1')]),
    [
      [2, '\xff\n'],
      [5, '\xfe\xff\n'],
    ],
  )
  t.is(text, '"a"\n"b"\n""\n"c"\n')
  t.deepEqual([ledger.read, ledger.blank, ledger.failed, ledger.delivered], [6, 0, 2, 4])
})

test('Raw text with given back lines keeps its line numbers', async t => {
  const numbers: number[] = []
  const lines = Array.from({ length: 3000 }, (_, index) => (index % 7 === 3 ? '\xff' : `t${index}`))
  const { end } = startTest([Buffer.from(lines.join('\n'), 'latin1')], {
    before: toJsonStrings(Number.POSITIVE_INFINITY),
    after: toText,
    create: context => ({
      push(given) {
        numbers.push(given.number)
        context.giveBack(given.slice(500))
        return context.emit(given.slice(0, 500))
      },
    }),
  })
  const { ledger, text } = await end()
  t.is(
    text,
    lines
      .filter(line => line !== '\xff')
      .map(line => `${line}\n`)
      .join(''),
  )
  t.is(ledger.read, 3000)
  assertBalanced(t, ledger)
  t.deepEqual(numbers.slice(0, 3), [1, 5, 12])
})

test('Without failures recognised, blank lines are still no records', async t => {
  const { end } = startTest([`\n${failureLine}\n \t\n1\n`], { create: pass, recogniseFailures: false })
  const { ledger, text } = await end()
  t.is(text, `${failureLine}\n1\n`)
  t.deepEqual([ledger.read, ledger.blank, ledger.upstream], [2, 2, 0])
})

test('A sink of failures that is still writing holds back the next read', async t => {
  let open = () => {}
  const gate = new Promise<void>(resolve => {
    open = resolve
  })
  let put = 0
  let flushed: Promise<void> | undefined
  const { end } = startTest([`r${'x'.repeat(98)}\n`.repeat(20_000)], {
    create: obeyAll,
    failures: {
      put(_, receipt) {
        put++
        receipt.delivered(1)
      },
      flush() {
        if (put > 0) flushed ??= gate
        return flushed
      },
    },
  })
  for (let wait = 0; wait < 50; wait++) await turn()
  t.true(put > 0 && put < 5000, `${put} were put`)
  open()
  const { ledger } = await end()
  t.is(ledger.failed, 20_000)
})

test('A share of failures is judged within one chunk of input, too', async t => {
  const lines = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 'r' : 'p')).join('\n')
  const { end } = startTest([lines], {
    create: obey,
    tooManyFailures: ({ read, rejected }) => read >= 20 && rejected > 0.2 * read,
  })
  const { cut, ledger } = await end()
  t.deepEqual(cut, { why: 'max-fail' })
  t.true(ledger.rejected <= 11, `${ledger.rejected} failed`)
  t.is(ledger.read, 100)
  assertBalanced(t, ledger)
})

test('A too long line fails with its length, its hash and its head, and the stream goes on', async t => {
  const { end, rejected } = startTest([`1\n${'y'.repeat(5000)}\n2\n`], { create: pass })
  const { ledger, text } = await end()
  t.is(text, '1\n2\n')
  const [one] = rejected
  t.is(one?.failure.kind, 'too_long')
  t.is(one?.failure.facts.length, 5000)
  t.is(one?.line.bytes.length, 4097)
  t.is(one?.line.number, 2)
  t.deepEqual([ledger.read, ledger.failed, ledger.delivered], [3, 1, 2])
})

test('Bytes read add up over all files, and an unreadable file is reported after those before it', async t => {
  const { run, end } = startTest(['1\n2\n', '3\n', '4\n'], { create: pass })
  await run.finished
  t.deepEqual(run.position(), { bytesRead: 8, bytesBegun: 8, size: undefined })
  await end()
  const { end: endMissing } = startTest([], { create: pass, files: ['/nowhere/in.ndjson'] })
  const { cut } = await endMissing()
  t.like(cut, { why: 'failed', message: 'Cannot read /nowhere/in.ndjson: no such file' })
})

for (const [what, pack] of [
  ['plain', (text: string) => text],
  ['packed', (text: string) => gzipSync(text)],
] as const) {
  test(`What is read and not begun is left out of the position: ${what}`, async t => {
    const line = `${JSON.stringify('x'.repeat(97))}\n`
    const stored = pack(line.repeat(50))
    const begun: number[] = []
    const taking = (context: Context): Processor => ({
      push(lines) {
        void context.emit(lines.slice(0, 10))
        context.giveBack(lines.slice(10))
        return turn().then(() => {
          begun.push(run.position().bytesBegun)
        })
      },
    })
    const { run, end } = startTest([stored], { create: taking })
    const { ledger } = await end()
    t.is(ledger.delivered, 50)
    t.is(run.position().bytesBegun, stored.length)
    t.deepEqual(
      begun.map(bytes => Math.round((50 * bytes) / stored.length)),
      [10, 20, 30, 40, 50],
    )
  })
}

test('Waiting for the writer of a named pipe ends with the run', async t => {
  const { execFileSync } = await import('node:child_process')
  const { temporaryFile } = await import('../helpers/children.js')
  const path = temporaryFile('silent')
  execFileSync('mkfifo', [path])
  const { run, end } = startTest([], { create: pass, files: [path] })
  for (let wait = 0; wait < 5; wait++) await turn()
  run.stop({ why: 'signal', signal: 'SIGTERM' })
  t.deepEqual((await end()).cut, { why: 'signal', signal: 'SIGTERM' })
})
