import test from 'ava'
import { createMemory, createMemoryStore } from '../../helpers/memory-store.js'
import { testStore } from '../../helpers/store-conformance.js'

testStore(test, 'memory', () => {
  const memory = createMemory()
  return () => createMemoryStore(memory)
})

test('two memories have nothing in common', async t => {
  await createMemoryStore().update(() => ({ value: {}, result: undefined }))
  t.is(await createMemoryStore().read(), undefined)
})
