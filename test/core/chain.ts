import test from 'ava'
import { chain } from '../../src/core/chain.js'
import { copyLine, type Line, Lines } from '../../src/core/lines.js'
import type { Context, Processor } from '../../src/core/processor.js'
import { createBatch } from '../../src/processors/batch.js'
import { createTake } from '../../src/processors/take.js'
import { turn } from '../helpers/pipe.js'
import { assertBalanced, startTest } from '../helpers/run.js'

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('')

/** One line at a time, the next one later. */
const slow = (context: Context): Processor => ({
  async push(lines) {
    context.giveBack(lines.slice(1))
    await turn()
    await context.emit(lines.slice(0, 1))
  },
})

/** Keeps each line and emits it by itself, after its push has settled. */
const late = (context: Context): Processor => {
  const running = new Set<Promise<void>>()
  const pass = async (line: Line, turns: number) => {
    for (let wait = 0; wait < turns; wait++) await null
    await context.emit(Lines.fromLine(line))
  }
  return {
    push(lines) {
      for (const line of lines) {
        const one = pass(copyLine(line), line.number).finally(() => running.delete(one))
        running.add(one)
      }
    },
    async end() {
      await Promise.all(running)
    },
  }
}

test('Nothing is left lying between two stages, whenever it comes', async t => {
  const { end } = startTest([numbers(300)], { create: [late, slow, late] })
  const { text, ledger } = await end()
  t.deepEqual(text.split('\n').length - 1, 300)
  t.deepEqual(new Set(text.split('\n')).size, 301)
  t.is(ledger.delivered, 300)
  assertBalanced(t, ledger)
})

test('An empty chain passes everything on', async t => {
  t.is((await startTest([numbers(3)], { create: chain() }).end()).text, numbers(3))
})

test('A stage holds back those before it', async t => {
  let open = () => {}
  const gate = new Promise<void>(resolve => {
    open = resolve
  })
  let pushes = 0
  const count = (context: Context): Processor => ({
    push(lines) {
      pushes++
      context.giveBack(lines.slice(1))
      return context.emit(lines.slice(0, 1))
    },
  })
  const closed = (context: Context): Processor => ({ push: lines => gate.then(() => context.emit(lines)) })
  const { end } = startTest([numbers(10)], { create: [count, closed] })
  for (let wait = 0; wait < 20; wait++) await turn()
  t.is(pushes, 1)
  open()
  t.is((await end()).text, numbers(10))
})

test('What a later stage flushes at its end passes the rest', async t => {
  const batch = (context: Context) => createBatch({ size: 2, bytes: 1000, maxKeys: 1, envelope: false }, context)
  t.is((await startTest([numbers(3)], { create: [slow, batch, slow] }).end()).text, '[1,2]\n[3]\n')
})

test('A stage that has enough stops those before it', async t => {
  const aborted: boolean[] = []
  const watch = (context: Context): Processor => ({
    async push(lines) {
      await context.emit(lines)
      aborted.push(context.stopping.aborted)
    },
  })
  const { end } = startTest([numbers(10)], {
    create: [watch, context => createTake({ count: 3 }, context)],
  })
  const { text, cut } = await end()
  t.is(text, numbers(3))
  t.deepEqual(cut, { why: 'stopped' })
  t.true(aborted.includes(true))
})

test('Failures of earlier programs go to the stage that takes them', async t => {
  const failure = '{"$streamz":"error/1","record":1}'
  let taken = 0
  const takeOut = (context: Context): Processor => ({
    push: lines => context.emit(lines),
    failures(lines) {
      taken += lines.length
    },
  })
  const { end } = startTest([`1\n${failure}\n2\n`], { create: [slow, takeOut, slow] })
  t.is((await end()).text, '1\n2\n')
  t.is(taken, 1)
  const { end: endPlain } = startTest([`1\n${failure}\n`], { create: [slow, slow] })
  t.true((await endPlain()).text.includes(failure))
})
