import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { cleanFolder } from '../../../src/commands/breaker/clean-keys.js'
import { adoptFormer, createReadKey, fileOfKey, nameOfKey } from '../../../src/commands/breaker/keys.js'
import { findNotClosed } from '../../../src/commands/breaker/list-states.js'
import { force, initial, settle } from '../../../src/core/breaker/breaker.js'
import type { Breaker } from '../../../src/core/breaker/model.js'
import { createBreakerOptions } from '../../../src/core/breaker/options.js'
import { save } from '../../../src/core/breaker/save.js'
import { type Clock, createFakeClock } from '../../../src/core/clock.js'
import { parsePath } from '../../../src/core/json/path.js'
import { down, openNow, start } from '../../helpers/breaker-rules.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const writer = { host: 'other', pid: 1, started: 0, version: '0' }

const fileOf = (folder: string, number: number) =>
  join(folder, `${createHash('sha256').update(`${number}`).digest('hex').slice(0, 32)}.json`)

const write = (folder: string, number: number, breaker: Breaker) =>
  writeFileSync(fileOf(folder, number), save(breaker, writer, start))

const closed = (name: string) => {
  const breaker = initial(createBreakerOptions({ name }), start)
  settle(breaker, 1, start, 'ok', 10)
  return breaker
}

const forced = (state: 'open' | 'closed') => {
  const breaker = closed('"state":"closed","override":null')
  force(breaker, start, state, start + 60_000, '"override":null')
  return breaker
}

/** A clock on which each look takes so long. */
const slowClock = (ms: number): Clock => {
  const clock = createFakeClock(start)
  let now = 0
  return { ...clock, now: () => (now += ms) }
}

test('of many keys those that are not closed are found, whatever stands in their texts', async t => {
  const folder = makeFolder(t)
  for (let number = 0; number < 100; number++) write(folder, number, closed(`keys[${number}]`))
  write(folder, 100, openNow({ name: '"state":"closed"' }))
  write(folder, 101, forced('open'))
  write(folder, 102, forced('closed'))
  writeFileSync(fileOf(folder, 103), '{"v":1,"state":"op')
  mkdirSync(fileOf(folder, 104))
  const { states, unseen } = await findNotClosed(folder, createFakeClock(start))
  t.deepEqual(
    states.map(({ file }) => file),
    [100, 101, 102].map(number => fileOf(folder, number)).toSorted(),
  )
  t.is(unseen, 0)
})

test('a start looks at the keys for a third of a second at most, and knows how many it has not seen', async t => {
  const folder = makeFolder(t)
  for (let number = 0; number < 100; number++) write(folder, number, openNow())
  const { states, unseen } = await findNotClosed(folder, slowClock(10))
  t.is(states.length, 30)
  t.is(unseen, 70)
})

test('keys that stay do not keep the end of a run from the idle ones behind them', async t => {
  const folder = makeFolder(t)
  const files = Array.from({ length: 200 }, (_, number) => fileOf(folder, number)).toSorted()
  for (const [index, file] of files.entries()) {
    const breaker = closed('keys')
    if (index < 150) settle(breaker, 1, start, 'failure', 10, down)
    writeFileSync(file, save(breaker, writer, start))
  }
  await cleanFolder(folder, slowClock(10), () => 0)
  t.is(readdirSync(folder).length, 200)
  await cleanFolder(folder, slowClock(10), () => 0.75)
  t.is(readdirSync(folder).length, 150)
  for (const [index, file] of files.entries()) t.is(existsSync(file), index < 150)
})

test('a clock that is set back while keys are checked delays nothing', async t => {
  const folder = makeFolder(t)
  for (let number = 0; number < 200; number++) write(folder, number, openNow())
  let wall = start
  const clock: Clock = { ...slowClock(10), wall: () => (wall -= 3_600_000) }
  t.is((await findNotClosed(folder, clock)).unseen, 170)
  await t.notThrowsAsync(cleanFolder(folder, clock))
})

// What earlier versions kept a circuit under, and what it is kept under now.
for (const [json, former, key, shown = key] of [
  ['"ada"', 'ada', 'ada'],
  ['"\\u0061da"', 'ada', 'ada'],
  ['7', '7', '7'],
  ['true', 'true', 'true'],
  ['"10.0.0.1"', '10.0.0.1', '10.0.0.1'],
  ['10', '10', '1e1', '10'],
  ['1.50', '1.50', '15e-1', '1.5'],
  ['1e400', '1e400', '1e400'],
  ['"10"', '10', '"10"'],
  ['"null"', 'null', '"null"'],
  ['{"b":1, "a":2}', '{"b":1, "a":2}', '{"a":2,"b":1}'],
  ['["\\u0061"]', '["a"]', '["a"]'],
] as const) {
  test(`the circuit of ${json} is ${key}, and finds its state of earlier versions`, t => {
    const read = createReadKey(parsePath('.k'))
    t.is(read({ bytes: Buffer.from(`{"k":${json}}\n`), number: 1, file: undefined }), key)
    t.is(read.former(), former)
    t.is(nameOfKey('api', key), `api[${shown}]`)
    const folder = makeFolder(t)
    writeFileSync(fileOfKey(folder, former), 'former')
    adoptFormer(folder, key, former)
    t.is(readFileSync(fileOfKey(folder, key), 'utf8'), 'former')
    // What is the file of another key as well stays.
    t.is(existsSync(fileOfKey(folder, former)), key === former || key.startsWith('"'))
    rmSync(fileOfKey(folder, former), { force: true })
    writeFileSync(fileOfKey(folder, former), 'later')
    if (key !== former) adoptFormer(folder, key, former)
    t.is(readFileSync(fileOfKey(folder, key), 'utf8'), key === former ? 'later' : 'former')
  })
}
