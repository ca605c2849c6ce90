import test from 'ava'
import { type Account, findMiscounts } from './helpers/account.js'

const counters = {
  lines: 6,
  read: 4,
  upstream_failures: 1,
  blank: 1,
  delivered: 2,
  filtered: 0,
  failed: 1,
  undelivered: 1,
  exit_code: 1,
}
const sound: Account = { input: ['1', '1', '2', '3'], output: ['1', '1'], failed: ['2'], counters }

test('an account that adds up is sound', t => t.deepEqual(findMiscounts(sound), []))

for (const [name, count] of Object.entries(counters)) {
  if (name === 'exit_code') continue
  test(`one ${name} too many is found`, t => {
    t.true(findMiscounts({ ...sound, counters: { ...counters, [name]: count + 1 } }).length > 0)
  })
}

const planted = test.macro((t, changes: Partial<Account>) => t.true(findMiscounts({ ...sound, ...changes }).length > 0))

test('a lost record is found', planted, { output: ['1'] })
test('a record that came out twice is found', planted, { output: ['1', '1', '1'] })
test('an altered record is found', planted, { output: ['1', '1.0'] })
test('a failure that holds another record is found', planted, { failed: ['4'] })
test('exit code 0 with undelivered records is found', planted, { counters: { ...counters, exit_code: 0 } })
