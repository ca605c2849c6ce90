import test from 'ava'
import { prepareUrl } from '../../../src/calls/http/url.js'
import { Failure } from '../../../src/core/failure.js'

const prepare = (text: string, allowHosts?: readonly string[]) => {
  const fields: string[] = []
  const url = prepareUrl({ text, shown: text, allowHosts, hasSecrets: false, fields })
  return { ...url, fields }
}
const fill = (text: string, ...values: readonly unknown[]) =>
  prepare(text).fill(values.map(value => JSON.stringify(value))).path

test('a value stays within its segment or its parameter', t => {
  t.is(fill('https://h/a/{.x}/b', 'c/d?e#f&g'), '/a/c%2Fd%3Fe%23f%26g/b')
  t.is(fill('https://h/a?q={.x}&r={.y}', 'a&b=c', '..'), '/a?q=a%26b%3Dc&r=..')
  t.is(fill('https://h/a/{.x}', 'é %2e'), '/a/%C3%A9%20%252e')
  t.is(fill('https://h/a/{.x}', 7), '/a/7')
  t.is(fill('https://h/{.x}{.y}', '.', 'a'), '/.a')
  t.is(fill('https://h/a/x{.x}', '..'), '/a/x..')
})

const climbing: readonly (readonly [url: string, ...values: readonly string[]])[] = [
  ['https://h/a/{.x}', '.'],
  ['https://h/a/{.x}', '..'],
  ['https://h/a/{.x}/b', '..'],
  ['https://h/a/{.x}?q=1', '..'],
  ['https://h/a/{.x}{.y}', '.', '.'],
  ['https://h/a/.{.x}', '.'],
  // What is written in the URL itself counts with it, also in its other spelling.
  ['https://h/a/%2e{.x}', '.'],
  ['https://h/a/%2E{.x}/b', '.'],
  ['https://h/a/{.x}%2e', '.'],
]
for (const [url, ...values] of climbing) {
  test(`a value cannot climb out of its place: ${values} in ${url}`, t => {
    t.like(
      t.throws(() => fill(url, ...values), { instanceOf: Failure }),
      { kind: 'field', failureClass: 'input' },
    )
  })
}

test('an empty value is refused in the path, but not in a parameter', t => {
  t.is(t.throws(() => fill('https://h/a/{.x}', ''), { instanceOf: Failure })?.kind, 'field')
  t.is(fill('https://h/a?q={.x}', ''), '/a?q=')
})

test('a record chooses the host only among those that are allowed', t => {
  t.throws(() => prepare('https://{.host}/'), { instanceOf: RangeError, message: /--allow-host/ })
  const { fill, origin } = prepare('https://{.host}/x', ['one.example'])
  t.is(origin, undefined)
  t.is(fill(['"one.example"']).origin, 'https://one.example')
  for (const host of ['two.example', 'one.example.two.example', 'one.example:444'])
    t.throws(() => fill([JSON.stringify(host)]), { instanceOf: Failure }, host)
})
