import test, { type ExecutionContext } from 'ava'
import type { Messages } from '../../../src/cli/messages.js'
import { type Ending, watchEnding } from '../../../src/cli/stream/watch-ending.js'
import { createFakeClock } from '../../../src/core/clock.js'
import type { Output } from '../../../src/core/io/output.js'
import type { Run } from '../../../src/core/run.js'
import type { DeadLetters } from '../../../src/stores/dead-letters/append.js'

/** A run that is watched on a fake clock; told is what is done to it, and when. */
const prepare = (t: ExecutionContext, ending: Partial<Ending>, isSleeping = false) => {
  const clock = createFakeClock()
  const told: string[] = []
  const tell = (what: string) => void told.push(`${clock.now()} ${what}`)
  const before = new Map(process.eventNames().map(name => [name, process.listeners(name as 'SIGTERM')]))
  const reader = (name: string) =>
    ({
      flush: () => (isSleeping ? Promise.resolve() : undefined),
      abandon: () => tell(`abandon ${name}`),
    }) as unknown as Output
  const stopWatching = watchEnding(
    { stop: ({ why }: { why: string }) => tell(`stop ${why}`), kill: () => tell('kill') } as unknown as Run,
    { drain: 10_000, clock, killNow: () => tell('kill now'), ...ending },
    [reader('output')],
    { output: reader('messages'), isTerminal: false, note: () => {} } as unknown as Messages,
    { abandon: () => tell('abandon letters') } as unknown as DeadLetters,
  )
  t.teardown(() => {
    stopWatching()
    for (const name of process.eventNames())
      for (const listener of process.listeners(name as 'SIGTERM'))
        if (String(name).startsWith('SIG') && !before.get(name)?.includes(listener)) process.off(name, listener)
  })
  return { clock, told, stopWatching }
}

test.serial('running calls are stopped early enough to end before the drain is over', async t => {
  const { clock, told, stopWatching } = prepare(t, { killAfter: 2000 })
  process.emit('SIGTERM', 'SIGTERM')
  await clock.advance(7999)
  t.deepEqual(told, ['0 stop signal'])
  await clock.advance(1)
  t.deepEqual(told, ['0 stop signal', '8000 kill'])
  await clock.advance(2000)
  t.deepEqual(told.slice(2), ['10000 abandon letters', '10000 kill now'])
  stopWatching()
})

test.serial('calls that need longer to end than the drain lasts are stopped at once', async t => {
  const { clock, told, stopWatching } = prepare(t, { drain: 1000, killAfter: 5000 })
  process.emit('SIGINT', 'SIGINT')
  await clock.advance(0)
  t.deepEqual(told, ['0 stop signal', '0 kill'])
  stopWatching()
})

test.serial('the deadline is an end like a signal', async t => {
  const { clock, told, stopWatching } = prepare(t, { deadline: 3000, drain: 1000, killAfter: 400 })
  await clock.advance(4000)
  t.deepEqual(told, ['3000 stop deadline', '3600 kill', '4000 abandon letters', '4000 kill now'])
  stopWatching()
})

test.serial('a second signal ends all at once; a reader that never reads is left', async t => {
  const { told, stopWatching } = prepare(t, {}, true)
  process.emit('SIGTERM', 'SIGTERM')
  process.emit('SIGTERM', 'SIGTERM')
  t.deepEqual(told, [
    '0 stop signal',
    '0 kill',
    '0 abandon letters',
    '0 kill now',
    '0 abandon output',
    '0 abandon messages',
  ])
  stopWatching()
})

test.serial('after the end nothing is done any more', async t => {
  const { clock, told, stopWatching } = prepare(t, { deadline: 1000 })
  stopWatching()
  process.emit('SIGTERM', 'SIGTERM')
  await clock.advance(60_000)
  t.deepEqual(told, [])
})
