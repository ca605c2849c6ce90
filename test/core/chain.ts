import test from 'ava'
import { chain } from '../../src/core/chain.js'
import type { Receipt } from '../../src/core/io/output.js'
import type { Ledger } from '../../src/core/ledger.js'
import { copyLine, type Line, Lines } from '../../src/core/lines.js'
import type { Context, Processor } from '../../src/core/processor.js'
import type { StageOptions } from '../../src/core/stage.js'
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

const failures = { put: (_: unknown, receipt: Receipt) => receipt.delivered(1), flush() {} }

/** An end of a branch that keeps lines; it takes one more whenever it is told to. */
const createEnd = (isOpen = true) => {
  let open = () => {}
  const end = {
    text: '',
    isFull: false,
    open: () => open(),
    accept(lines: Lines, records: number, from: Ledger) {
      for (const line of lines) end.text += line.bytes.toString()
      from.good.delivered(records, lines.length)
      if (isOpen) return
      return new Promise<void>(resolve => {
        open = resolve
      })
    },
    pass() {},
  }
  return end
}

/** Odd numbers take the branch. */
const odd: StageOptions['create'] = context => ({
  async push(lines) {
    const [emit = context.emit] = context.branches ?? []
    for (const line of lines) await (Number(line.bytes) % 2 === 1 ? emit : context.emit)(Lines.fromLine(copyLine(line)))
  },
})

const takes =
  (count: number): StageOptions['create'] =>
  context =>
    createTake({ count }, context)

const branchOff = (
  stages: readonly StageOptions['create'][],
  outlet = createEnd(),
  passesNone = false,
): StageOptions => ({
  create: odd,
  failures,
  passesNone,
  branches: [{ stages: stages.map(create => ({ create, failures })), outlet }],
})

test('a branch has stages and an end of its own, and is ended after the stage that it branches off', async t => {
  const batch = (context: Context) => createBatch({ size: 2, bytes: 1000, maxKeys: 1, envelope: false }, context)
  const outlet = createEnd()
  const { end } = startTest([numbers(6)], {
    create: [],
    stages: [branchOff([batch], outlet), { create: batch, failures }],
  })
  const { text, ledgers } = await end()
  t.is(text, '[2,4]\n[6]\n')
  t.is(outlet.text, '[1,3]\n[5]\n')
  for (const ledger of ledgers) assertBalanced(t, ledger)
  t.deepEqual(
    ledgers.map(({ read, out }) => [read, out]),
    [
      [6, 6],
      [3, 2],
      [3, 2],
    ],
  )
})

test('a branch that is busy holds back reading', async t => {
  const outlet = createEnd(false)
  const { run, end } = startTest([numbers(6)], { create: [], stages: [branchOff([], outlet)] })
  for (let wait = 0; wait < 20; wait++) await turn()
  t.is(outlet.text, '1\n')
  for (let taken = 0; taken < 3; taken++) {
    outlet.open()
    for (let wait = 0; wait < 5; wait++) await turn()
  }
  t.is((await end()).text, '2\n4\n6\n')
  t.is(run.ledger.delivered, 6)
})

test('reading goes on until the next stage and all branches have enough', async t => {
  const stages = [branchOff([takes(2)]), { create: takes(1), failures }]
  const { end } = startTest([numbers(1000)], { create: [], stages, maxLine: 64 })
  const { text, cut, ledgers } = await end()
  t.deepEqual([text, cut], ['2\n', { why: 'stopped' }])
  t.is(ledgers[1]?.delivered, 2)
  for (const ledger of ledgers) assertBalanced(t, ledger)
})

test('reading goes on when a branch has enough and the output has not', async t => {
  const { end } = startTest([numbers(10)], { create: [], stages: [branchOff([takes(1)])] })
  const { text, cut, ledgers } = await end()
  t.deepEqual([text, cut], ['2\n4\n6\n8\n10\n', undefined])
  t.is(ledgers[0]?.unneeded, 4)
})

test('nobody waits for a next stage that gets no records', async t => {
  const all: StageOptions['create'] = context => ({ push: lines => context.branches?.[0]?.(lines) })
  const stages = [{ ...branchOff([takes(2)], undefined, true), create: all }]
  const { cut } = await startTest([numbers(1000)], { create: [], stages }).end()
  t.deepEqual(cut, { why: 'stopped' })
})

test('behind a branch nothing is left to the next run, which would do again what others have done', async t => {
  const seen: boolean[] = []
  const look: StageOptions['create'] = context => {
    seen.push(context.leave !== undefined)
    return { push: lines => context.emit(lines) }
  }
  const stages = [{ create: look, failures }, branchOff([look]), { create: look, failures }]
  await startTest([numbers(2)], { create: [], stages }).end()
  // The last stage is created first.
  t.deepEqual(seen, [false, false, true])
})
