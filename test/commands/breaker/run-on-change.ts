import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { createOnChange } from '../../../src/commands/breaker/run-on-change.js'
import { initial } from '../../../src/core/breaker/breaker.js'
import { createBreakerOptions } from '../../../src/core/breaker/options.js'
import { assertGone } from '../../helpers/children.js'

test('a command of --on-change that takes too long is ended with all it has started', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'streamz-on-change-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const warnings: string[] = []
  const pids = join(folder, 'pids')
  const hook = createOnChange(`sleep 1000 & echo $! > ${pids}; sleep 1000`, warning => warnings.push(warning), 500)
  const change = {
    from: 'closed',
    to: 'open',
    at: 0,
    until: 1000,
    generation: 2,
    reason: { rule: 'by_hand', value: 0, limit: 0, calls: 0, by: 'test' },
  }
  hook.run(change as unknown as Parameters<typeof hook.run>[0], initial(createBreakerOptions({}), 0), undefined)
  await hook.close()
  t.deepEqual(warnings, ['The command of --on-change took longer than 0.5s'])
  await assertGone(t, [Number(readFileSync(pids, 'utf8'))])
})
