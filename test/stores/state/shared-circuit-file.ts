import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { stateVersion } from '../../../src/core/breaker/save.js'
import { realClock } from '../../../src/core/clock.js'
import { createFileStore } from '../../../src/stores/state/file.js'
import { createSharedCircuit } from '../../../src/stores/state/shared-circuit.js'
import { touchy } from '../../helpers/breaker-calls.js'
import { open, writeState } from '../../helpers/breaker-state.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

test('a state that was cut off at any byte is kept aside, and a run starts closed', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'api.json')
  writeState(folder, open)
  const whole = readFileSync(path)
  const warnings: string[] = []
  const start = async () => {
    const circuit = createSharedCircuit({
      options: touchy(),
      store: createFileStore({ path, version: stateVersion, warn: message => warnings.push(message) }),
      writer: { host: 'host', pid: 1, started: 0, version: '0' },
      clock: realClock,
      observe: () => {},
      follow: () => {},
      warn: message => warnings.push(message),
      setAside: () => '',
      strict: false,
    })
    await circuit.open()
    return circuit.breaker.machine.state
  }
  t.is(await start(), 'open')
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length))
    warnings.length = 0
    if ((await start()) !== 'closed' || warnings.length === 0) t.fail(`cut at ${length}: ${warnings}`)
  }
  const kept = readdirSync(folder).filter(name => name.startsWith('api.json.bad-'))
  t.is(kept.length, whole.length)
  t.is(new Set(kept.map(name => readFileSync(join(folder, name), 'utf8').length)).size, whole.length)
})
