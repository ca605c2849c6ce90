import test from 'ava'
import { createMemory, createMemoryStore } from '../../../src/stores/state/memory.js'
import { testStore } from '../../helpers/store-conformance.js'

testStore(test, 'memory', () => {
  const memory = createMemory()
  return () => createMemoryStore(memory)
})

test('two memories have nothing in common', async t => {
  await createMemoryStore().compareAndSet({}, undefined)
  t.is((await createMemoryStore().read()).value, undefined)
})
