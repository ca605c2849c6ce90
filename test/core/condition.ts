import test from 'ava'
import { createCondition } from '../../src/core/condition.js'

test('what holds already is not waited for', t => {
  t.is(
    createCondition().until(() => true),
    undefined,
  )
})

test('being woken ends a wait only when the condition holds', async t => {
  const { until, wake } = createCondition()
  let holds = false
  let settled = false
  const waited = until(() => holds)?.then(() => {
    settled = true
  })
  wake()
  await Promise.resolve()
  t.false(settled)
  holds = true
  await Promise.resolve()
  t.false(settled)
  wake()
  await waited
  t.true(settled)
})

test('waking without waiters does nothing', t => {
  const { until, wake } = createCondition()
  wake()
  t.truthy(until(() => false))
})
