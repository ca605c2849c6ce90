import test from 'ava'
import { createFlaky, json, serve } from '../../helpers/http-server.js'
import { lines, map } from '../../helpers/map-http.js'

test('GET, HEAD, PUT and DELETE are tried again, POST and PATCH are not unless asked for', async t => {
  const server = await serve(t, (_, response) => json(response, 0, 500))
  const runs = [
    ['GET', [], 3],
    ['HEAD', [], 3],
    ['PUT', [], 3],
    ['DELETE', [], 3],
    ['POST', [], 1],
    ['PATCH', [], 1],
    ['POST', ['--retries', '1'], 2],
    ['GET', ['--retries', '0'], 1],
  ] as const
  await Promise.all(
    runs.map(async ([method, args, attempts], index) => {
      const flags = ['-X', method.toLowerCase(), ...args]
      const { failed } = await map(t, [`${server.origin}/${index}`, ...flags], { stdin: '{}\n' })
      t.is(failed[0]?.attempts, attempts, method)
      const sent = server.requests.filter(({ url }) => url === `/${index}`).map(request => request.method)
      t.deepEqual(sent, new Array(attempts).fill(method))
    }),
  )
})

test('--retry-on and --no-retry-on choose what is retried', async t => {
  const server = await serve(t, ({ url }, response) => json(response, 0, Number(url.slice(1))))
  const stdin = '{"s":404}\n{"s":500}\n{"s":503}\n'
  const attempts = async (...args: string[]) =>
    (await map(t, [`${server.origin}/{.s}`, '--retries', '1', ...args], { stdin })).failed.map(
      ({ attempts }) => attempts,
    )
  t.deepEqual(await attempts(), [1, 2, 2])
  t.deepEqual(await attempts('--no-retry-on', 'status:503'), [1, 2, 1])
  t.deepEqual(await attempts('--no-retry-on', 'http_status'), [1, 1, 1])
  t.deepEqual(await attempts('--retry-on', 'status:4xx'), [2, 2, 2])
  t.deepEqual(await attempts('--retry-on', '=status:4xx'), [2, 1, 1])
  t.deepEqual(await attempts('--retry-on', 'http_status', '--no-retry-on', 'status:5xx'), [2, 1, 1])
})

test('30% transient failures: never more than ten of fifty are retries', async t => {
  const { behave, most } = createFlaky()
  const server = await serve(t, behave)
  const { out, failed, summary } = await map(t, [server.origin, '-j', '50', '--retries', '3'], { stdin: lines(2000) })
  t.is(out.length + failed.length, 2000)
  t.true(most() > 3 && most() <= 10, `${most()} retries at once`)
  t.true(failed.every(({ attempts, error }) => attempts === 4 && error.class === 'transient'))
  t.is(server.requests.length, 2000 + summary.retried)
  t.true(server.busiest() <= 50)
})
