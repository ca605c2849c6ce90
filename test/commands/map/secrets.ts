import test from 'ava'
import { records, start } from '../../helpers/cli.js'
import { failings, findLeaks, places, prepare, readProcessList, startFailing } from '../../helpers/secrets.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const secret = 'pl4nted"s3cret'

for (const [how, failing] of Object.entries(failings)) {
  test.serial(`no secret is told by ${how}`, async t => {
    const { origin, server } = await startFailing(how)
    t.teardown(() => server.close())
    const leaks = await Promise.all(
      Object.entries(places).map(async ([where, make]) => {
        // An entry of a private key's file is no header: it cannot be masked, and is never sent.
        const place = make({ origin, secret })
        const cwd = makeFolder(t)
        const { child, finished } = start(t, prepare(cwd, place, failing), { cwd, env: place.env ?? {} })
        child.stdin.end('{"n":1}\n')
        const list = readProcessList()
        const { stdout, stderr, exitCode } = await finished
        t.not(exitCode, 0, `${where}: did not fail`)
        return findLeaks(secret, cwd, place, { stdout: String(stdout), stderr, list }).map(leak => `${where}: ${leak}`)
      }),
    )
    t.deepEqual(leaks.flat(), [])
  })
}

test('there are as many places and ways to fail as were promised', t => {
  t.is(Object.keys(places).length, 12)
  t.is(Object.keys(failings).length, 12)
})

test('a planted secret that leaks is found', t => {
  const cwd = makeFolder(t)
  t.deepEqual(
    findLeaks(secret, cwd, { args: [] }, { stdout: `a ${secret}`, stderr: '', list: encodeURIComponent(secret) }),
    ['stdout', 'list'],
  )
  t.deepEqual(records(''), [])
})
