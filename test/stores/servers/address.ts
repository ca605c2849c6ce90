import test from 'ava'
import { isAddress, parseAddress } from '../../../src/stores/servers/address.js'
import fc from '../../helpers/fast-check.js'

test('what a URL says', t => {
  t.like(parseAddress('redis://h/api'), {
    engine: 'redis',
    host: 'h',
    port: 6379,
    tls: false,
    room: '0',
    name: 'api',
    shown: 'redis://h/api',
  })
  t.like(parseAddress('REDISS://ann:p%40ss@h:7000/3/api.v2'), {
    tls: true,
    port: 7000,
    user: 'ann',
    password: 'p@ss',
    room: '3',
    name: 'api.v2',
    shown: 'rediss://ann@h:7000/3/api.v2',
  })
  t.like(parseAddress('redis://:p@[::1]/api'), {
    host: '::1',
    user: undefined,
    password: 'p',
    shown: 'redis://[::1]/api',
  })
  t.like(parseAddress('redis://h:80/api'), { port: 80, shown: 'redis://h:80/api' })
  t.like(parseAddress('nats://h/jobs/api'), {
    engine: 'nats',
    port: 4222,
    room: 'jobs',
    name: 'api',
    server: 'nats://h/jobs',
  })
})

test('a file is no URL', t => {
  for (const file of ['api.json', './redis:/x', '/redis://x', 'C:\\api', 'a b://x', '']) t.false(isAddress(file), file)
})

test('what is shown is the same place again, without the password', t => {
  const word = fc.stringMatching(/^[a-z0-9_][\w.-]{0,20}$/)
  fc.assert(
    fc.property(
      fc.constantFrom('redis', 'rediss', 'nats'),
      word,
      fc.stringMatching(/^[!-~]{8,20}$/),
      fc.integer({ min: 1, max: 65_535 }),
      word,
      (scheme, user, secret, port, name) => {
        const room = scheme === 'nats' ? 'bucket' : '2'
        const address = parseAddress(`${scheme}://${user}:${encodeURIComponent(secret)}@h:${port}/${room}/${name}`)
        if (typeof address === 'string') return t.fail(address)
        t.is(address.password, secret)
        t.deepEqual(parseAddress(address.shown), { ...address, password: undefined })
      },
    ),
    { numRuns: 100 },
  )
})
