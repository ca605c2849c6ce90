import test from 'ava'
import { Neighbours } from '../../src/core/neighbours.js'

const create = (answer: (from: number) => void | Promise<void> = () => {}) => {
  const runs: [number, number][] = []
  const neighbours = new Neighbours((from, until) => {
    runs.push([from, until])
    return answer(from)
  })
  return { runs, neighbours }
}

test('all that pass are one run', t => {
  const { runs, neighbours } = create()
  t.is(neighbours.end(5), undefined)
  t.deepEqual(runs, [[0, 5]])
})

test('lines left out separate runs, also at both ends and twice in a row', t => {
  const { runs, neighbours } = create()
  for (const index of [0, 3, 4, 6]) neighbours.leaveOut(index)
  t.deepEqual(runs, [
    [1, 3],
    [5, 6],
  ])
  neighbours.end(7)
  t.is(runs.length, 2)
})

test('a cut begins a run of its own with the line it names', t => {
  const { runs, neighbours } = create()
  neighbours.cut(0)
  neighbours.cut(2)
  neighbours.end(3)
  t.deepEqual(runs, [
    [0, 2],
    [2, 3],
  ])
})

test('nothing in, nothing out', t => {
  const { runs, neighbours } = create()
  t.is(neighbours.end(0), undefined)
  t.deepEqual(runs, [])
})

test('all that asks to hold back is waited for', async t => {
  const done: (() => void)[] = []
  const { neighbours } = create(from => (from === 2 ? undefined : new Promise(resolve => done.push(resolve))))
  neighbours.leaveOut(1)
  neighbours.leaveOut(3)
  neighbours.hold(new Promise(resolve => done.push(resolve)))
  let settled = false
  const held = neighbours.end(5)
  held?.then(() => {
    settled = true
  })
  t.is(done.length, 3)
  for (const resolve of done) {
    await new Promise(setImmediate)
    t.false(settled)
    resolve()
  }
  await held
  t.true(settled)
})

test('a promise that rejects is reported', async t => {
  const { neighbours } = create(() => Promise.reject(new Error('full')))
  neighbours.leaveOut(1)
  await t.throwsAsync(Promise.resolve(neighbours.end(3)), { message: 'full' })
})
