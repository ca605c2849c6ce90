import { readdirSync } from 'node:fs'
import test from 'ava'
import { listOptions, parseCommand } from '../../src/cli/create-command.js'
import type { CommandModule, Definition } from '../../src/cli/definition.js'
import { parserOf } from '../../src/cli/option.js'
import { UsageError } from '../../src/cli/usage-error.js'

const files = readdirSync('src/commands').filter(file => file.endsWith('.ts'))
const definitions: Definition[] = []
const commandFiles: string[] = []
for (const file of files) {
  const { define } = (await import(`../../src/commands/${file.replace('.ts', '.js')}`)) as CommandModule
  const definition = define()
  commandFiles.push(`${definition.words.name}.ts`)
  definitions.push(definition, ...(definition.verbs ?? []))
}

test('each file defines the command of its name', t => t.deepEqual(commandFiles, files))

for (const definition of definitions) {
  test(`${definition.words.name}: what a flag wants is data, and its examples are taken`, t => {
    t.true(definition.words.purpose !== '')
    for (const option of listOptions(definition)) {
      const parser = parserOf(option)
      if (parser === undefined) continue
      t.true(parser.wanted !== '' && parser.example !== '', option.flags)
      const examples = parser.example.split(/, | or /).map(text => text.replace(/^'(.*)'$/, '$1'))
      for (const example of parser.words ?? examples) {
        t.notThrows(() => parser(example), `${option.flags}: ${example}`)
        if (parser.pattern !== undefined) t.regex(example, new RegExp(parser.pattern), option.flags)
      }
    }
  })
}

const definitionOf = (name: string): Definition => {
  const found = definitions.find(({ words }) => words.name === name)
  if (found === undefined) throw new Error(`There is no ${name}`)
  return found
}

const parse = (name: string, line: string, rest?: readonly string[]) =>
  parseCommand(definitionOf(name), line.split(' ').filter(Boolean), rest)

const names = test.macro({
  title: (_, name: string, line: string, flag: string | undefined, __?: readonly string[]) =>
    `${name} ${line}: the error names ${flag}`,
  exec(t, name: string, line: string, flag: string | undefined, rest?: readonly string[]): void {
    const error = t.throws(() => {
      const { definition, invocation } = parse(name, line, rest)
      definition.prepare(invocation)
    })
    t.true(error instanceof UsageError, String(error))
    if (error instanceof UsageError) t.is(error.flag, flag, error.message)
  },
})

test(names, 'throttle', '--rate nonsense', '--rate')
test(names, 'throttle', '--rate 1/s --max-keys 3', '--max-keys')
test(names, 'batch', '--size 3 --max-keys 3', '--max-keys')
test(names, 'map', '--pipeline 3', '--pipeline', ['cat'])
test(names, 'take', 'many', undefined)
test(names, 'breaker', 'open x.json --for 0', '--for')
test(names, 'dlq', '--to x --inline', '--inline')
test(names, 'dlq', '--to x stats y', '--to')
test(names, 'dlq', 'replay f.ndjson --id .x', '--id')

test('preparing touches nothing: no file, no secret, no program', t => {
  const prepare = (name: string, line: string, rest?: readonly string[]) => {
    const { definition, invocation } = parse(name, line, rest)
    return definition.prepare(invocation)
  }
  t.notThrows(() => prepare('map', '--http env:NOT_SET_ANYWHERE'))
  t.notThrows(() => prepare('map', '--http http://127.0.0.1:9 --body @no-such-file --cacert no-such-file'))
  t.notThrows(() => prepare('map', '--module ./no-such-module.mjs'))
  t.notThrows(() => prepare('map', '', ['./no-such-program']))
  t.notThrows(() => prepare('map', '--worker', ['./no-such-program']))
  t.notThrows(() => prepare('breaker', '--state no/such/folder/api.json --breaker-key .k --order completion', ['cat']))
  t.notThrows(() => prepare('throttle', '--rate 1/s --state no/such/folder/quota.json'))
  t.is(typeof prepare('dlq', 'replay no-such-file'), 'function')
  t.is(typeof prepare('dlq', 'replay no-such-file --http env:NOT_SET_ANYWHERE'), 'function')
  t.is(typeof prepare('dlq', 'stats no-such-file'), 'function')
  t.is(typeof prepare('breaker', 'status no-such-file'), 'function')
})

test('words after -- are a program for commands that call one, else operands', t => {
  t.deepEqual(parse('take', '3', ['-odd.ndjson']).invocation.operands, [3, ['-odd.ndjson']])
  t.deepEqual(parse('map', 'in.ndjson', ['cat', '-n']).invocation, {
    ...parse('map', 'in.ndjson', ['cat', '-n']).invocation,
    operands: [['in.ndjson']],
    rest: ['cat', '-n'],
  })
  const error = t.throws(() => parse('breaker', 'status api.json', ['cat']), { instanceOf: UsageError })
  t.regex(error?.message ?? '', /takes no COMMAND/)
})
