import test from 'ava'
import { spawnFailure } from '../../../src/calls/process/spawn-failure.js'

const classes = test.macro((t, code: string, failureClass: string) => {
  const failure = spawnFailure('./x', Object.assign(new Error(`spawn ${code}`), { code }))
  t.like(failure, { kind: 'spawn', failureClass })
  t.true(failure.message.includes('./x') && failure.message.includes(code))
})

for (const code of ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY'])
  test(`${code} passes`, classes, code, 'transient')
for (const code of ['ENOENT', 'EACCES', 'ENOEXEC']) test(`${code} is fatal`, classes, code, 'fatal')
for (const code of ['E2BIG', 'EIO']) test(`${code} is permanent`, classes, code, 'permanent')
