import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import test from 'ava'
import { checkBreaker, checkCommand, checkFile, checkHttp } from '../../../src/commands/gate/checks.js'
import { force, initial } from '../../../src/core/breaker/breaker.js'
import { createBreakerOptions } from '../../../src/core/breaker/options.js'
import { save } from '../../../src/core/breaker/save.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

test('a script is healthy when it exits 0, and ended when it hangs', async t => {
  t.is(await checkCommand('exit 0', 5000)(), undefined)
  t.is(await checkCommand('exit 3', 5000)(), 'the --cmd exits 3')
  t.is(
    await checkCommand('echo out; echo first >&2; echo "db: down" >&2; exit 3', 5000)(),
    'the --cmd exits 3, saying: db: down',
  )
  t.is(await checkCommand('echo sick; exit 1', 5000)(), 'the --cmd exits 1, saying: sick')
  t.is(await checkCommand('sleep 60 & wait', 50)(), 'the --cmd does not end within 50ms')
})

test('a file is healthy while it is there', async t => {
  t.is(await checkFile('package.json')(), undefined)
  t.is(await checkFile('no-such-file')(), 'no-such-file does not exist')
})

test('a server is healthy when it answers 2xx in time', async t => {
  const server = createServer((request, response) => {
    if (request.url === '/hang') return
    response.writeHead(request.url === '/ok' ? 204 : request.url === '/moved' ? 302 : 503).end('x'.repeat(100))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const look = (path: string, timeout = 5000) => checkHttp(new URL(`http://127.0.0.1:${port}${path}`), timeout)()
  t.is(await look('/ok'), undefined)
  t.is(await look('/sick'), `http://127.0.0.1:${port}/sick answers 503`)
  t.is(await look('/moved'), `http://127.0.0.1:${port}/moved answers 302`)
  t.is(await look('/hang', 50), `http://127.0.0.1:${port}/hang does not answer within 50ms`)
  t.regex(
    (await checkHttp(new URL('http://127.0.0.1:1/?token=secret'), 5000)()) ?? '',
    /^http:\/\/127\.0\.0\.1:1\/ cannot be reached \(/,
  )
})

test('a breaker is healthy while it is closed or its probe is due', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'api.json')
  const now = Date.now()
  const writer = { host: 'h', pid: 1, started: now, version: '1' }
  const write = (until: number) => {
    const since = Math.min(now, until - 5000)
    const breaker = initial(createBreakerOptions({ name: 'api' }), since)
    force(breaker, since, 'open', until, 'test')
    writeFileSync(path, save(breaker, writer, now))
  }
  t.is(await checkBreaker(path)(), undefined, 'no state is a closed breaker')
  write(now + 60_000)
  t.is(await checkBreaker(path)(), `the breaker ${path} is open`)
  write(now - 1000)
  t.is(await checkBreaker(path)(), undefined, 'the forced state has ended, its probe is due')
})
