import test from 'ava'
import { roundOfFailures, roundOfProbes } from '../../helpers/breaker-rounds.js'

// Fifty rounds of each are in bench/soak/breaker.ts.
const rounds = 3

test.serial('8 processes that fail once each at a threshold of 8 open it', async t => {
  t.timeout(120_000)
  for (let round = 0; round < rounds; round++) {
    t.deepEqual(await roundOfFailures(), { state: 'open', fail: 8, late: 0 })
  }
})

test.serial('of 8 processes that wait never two probe at the same time', async t => {
  t.timeout(120_000)
  for (let round = 0; round < rounds; round++) {
    t.deepEqual(await roundOfProbes(), { overlapped: false, delivered: 8, state: 'closed', unexpected: [] })
  }
})
