import test from 'ava'
import { type CommandModule, operand } from '../../../src/cli/definition.js'
import { completeWords } from '../../../src/cli/help/complete.js'
import { option } from '../../../src/cli/option.js'
import { choice } from '../../../src/cli/values/choice.js'

const words = (name: string, purpose: string) => ({ name, purpose, usage: '', examples: [], seeAlso: [] })
const prepare = () => async () => 0

const commands: Readonly<Record<string, () => CommandModule>> = {
  paint: () => ({
    define: () => ({
      words: words('paint', 'Paint it'),
      operands: [operand('<what>', '', choice(['wall', 'door'])), operand('[files...]')],
      options: [
        option('How', '-c, --colour <name>', 'which one', choice(['red', 'rose', 'blue'])),
        option('How', '--into <file>', 'where it goes'),
        option('How', '-q, --quiet', 'say nothing'),
        option('How', '--secret', 'not for everybody').hideHelp(),
      ],
      common: 'none',
      verbs: [
        {
          words: words('paint dry', 'Wait until it is dry'),
          options: [option('How', '--for <time>', 'so long')],
          common: 'none',
          prepare,
        },
      ],
      prepare,
    }),
  }),
  pack: () => ({ define: () => ({ words: words('pack', 'Pack it'), common: 'none', prepare }) }),
}

/** What is offered for these words, with its meaning. */
const complete = (...words: readonly string[]) =>
  completeWords(['--', ...words], commands)
    .split('\n')
    .slice(0, -1)

test('commands and verbs come with what they are for', t => {
  t.deepEqual(complete('pa'), ['paint\tPaint it', 'pack\tPack it', ':4'])
  t.deepEqual(complete('paint', 'd'), ['dry\tWait until it is dry', 'door', ':4'])
  t.deepEqual(complete('help', 'p'), ['paint', 'pack', ':4'])
})

test('options come with what they are for, without those that are hidden', t => {
  t.deepEqual(complete('paint', '--'), [
    '--colour\twhich one',
    '--into\twhere it goes',
    '--quiet\tsay nothing',
    '--help\tshow this help',
    ':4',
  ])
  t.deepEqual(complete('paint', '-c'), ['-c\twhich one', ':4'])
  t.deepEqual(complete('paint', 'dry', '--f'), ['--for\tso long', ':4'])
  t.deepEqual(complete('--ver'), ['--version\tshow the version', ':4'])
})

test('behind an option come its values, or files', t => {
  for (const before of [['--colour'], ['-c'], ['-qc'], ['--into', 'a', '--colour'], ['wall', 'a', '-c']]) {
    t.deepEqual(complete('paint', ...before, 'r'), ['red', 'rose', ':4'], before.join(' '))
  }
  t.deepEqual(complete('paint', '--colour=b'), ['blue', ':4'])
  t.deepEqual(complete('paint', '--into', ''), [':0'])
  t.deepEqual(complete('paint', '--into=', ''), ['dry\tWait until it is dry', 'wall', 'door', ':4'])
  t.deepEqual(complete('paint', '--into', '-'), [':0'])
})

test('a value that looks like something else is a value', t => {
  t.deepEqual(complete('paint', '--into', '--colour', 'w'), ['wall', ':4'])
  t.deepEqual(complete('paint', '--into', 'dry', 'w'), ['wall', ':4'])
  t.deepEqual(complete('paint', '-cq', 'w'), ['wall', ':4'])
})

test('operands are counted: a verb and the choices of an argument have their place', t => {
  t.deepEqual(complete('paint', 'wall', ''), [':0'])
  t.deepEqual(complete('paint', 'wall', 'dry', '--f'), [':0'])
  t.deepEqual(complete('paint', 'dry', ''), [':0'])
})

test('behind -- stand the words of another program', t => {
  t.deepEqual(complete('paint', '--', ''), [':0'])
  t.deepEqual(complete('paint', 'wall', '--', 'ls', '--'), [':0'])
})

test('words that no command knows are only read', t => {
  for (const word of ['constructor', '__proto__', '$(touch x)', '"', "'", '\n', '--=', '']) {
    t.deepEqual(complete('paint', word, '--q'), ['--quiet\tsay nothing', ':4'], word)
    t.deepEqual(complete(word, 'x'), [':0'], word)
  }
})
