import test from 'ava'
import { chooseExitCode, exitCodeOf } from '../../src/cli/exit-codes.js'

const order = [74, 130, 141, 126, 124, 75, 65, 1, 0]

test('of two exit codes the one that says more is chosen, in whatever order they come', t => {
  for (const [index, first] of order.entries()) {
    for (const second of order.slice(index)) {
      t.is(chooseExitCode([first, second]), first, `${first} and ${second}`)
      t.is(chooseExitCode([second, first, 0]), first, `${second} and ${first}`)
    }
  }
  for (const [code, weaker] of [
    [143, 141],
    [129, 141],
    [127, 124],
  ] as const)
    t.is(chooseExitCode([weaker, code]), code)
  t.is(chooseExitCode([]), 0)
})

test('each way to be cut short has its code', t => {
  t.is(exitCodeOf({ why: 'stopped' }), 0)
  t.is(exitCodeOf({ why: 'deadline' }), 124)
  t.is(exitCodeOf({ why: 'max-fail' }), 65)
  t.is(exitCodeOf({ why: 'closed' }), 141)
  t.is(exitCodeOf({ why: 'failed', message: '' }), 74)
  t.is(exitCodeOf({ why: 'processor', stop: { exit: 75, message: '' } }), 75)
  for (const [signal, code] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    t.is(exitCodeOf({ why: 'signal', signal }), code)
})
