import test from 'ava'
import { onSignals } from '../../../src/cli/stream/signals.js'

test.serial('the first signal, the next, and all that follow have a handler each', t => {
  const told: string[] = []
  const before = new Map(process.eventNames().map(name => [name, process.listeners(name as 'SIGTERM')]))
  onSignals(
    signal => told.push(`first ${signal}`),
    signal => told.push(`second ${signal}`),
    signal => told.push(`later ${signal}`),
  )
  t.teardown(() => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
      for (const listener of process.listeners(name))
        if (!before.get(name)?.includes(listener)) process.off(name, listener)
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.emit(signal, signal)
  t.deepEqual(told, ['first SIGTERM', 'second SIGINT', 'later SIGHUP', 'later SIGTERM'])
})
