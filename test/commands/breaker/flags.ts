import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Option } from 'commander'
import { listMessageOptions } from '../../../src/cli/common-options.js'
import type { Definition } from '../../../src/cli/definition.js'
import { listServerOptions } from '../../../src/cli/servers/options.js'
import { listPlaceOptions } from '../../../src/commands/breaker/options.js'
import { define } from '../../../src/commands/breaker.js'
import { listJournalOptions } from '../../../src/commands/map/journal/options.js'
import { listMapOptions } from '../../../src/commands/map/options.js'
import { due, open, readState, writeState } from '../../helpers/breaker-state.js'
import { type Result, records, streamz } from '../../helpers/cli.js'
import { type FlagCase, type FlagCases, kindsIn, lookAtKinds, testOwnFlags } from '../../helpers/flags.js'
import { serverFlags } from '../../helpers/server-flags.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('')
const fails = ['sh', '-c', 'exit 75']
const oneByOne = ['-j', '1', '--on-open', 'reject']

/** After how many calls it opened, by the failures: those that were called and those that were not. */
const lookAtCalls = ({ stderr }: Result) => ({
  called: kindsIn(stderr).filter(kind => kind === 'exit').length,
  rejected: kindsIn(stderr).filter(kind => kind === 'breaker_open').length,
})

/** A run in a folder that is prepared first. */
const after =
  (prepare: (cwd: string) => void, stdin = lines(1)): NonNullable<FlagCase['run']> =>
  (t, args) => {
    const cwd = makeFolder(t)
    prepare(cwd)
    return streamz(t, args, { cwd, stdin })
  }

const state = ['--state', 'api.json']
const opened = after(cwd => writeState(cwd, open))

test('breaker has every option of map', t => {
  const own = define().options?.map(({ long }) => long)
  for (const { long } of listMapOptions()) t.true(own?.includes(long), `${long}`)
})

const verb = (name: string): Definition => {
  const found = define().verbs?.find(({ words }) => words.name === `breaker ${name}`)
  if (found === undefined) throw new Error(`There is no breaker ${name}`)
  return found
}

const elsewhere = [...listMapOptions(), ...listJournalOptions()]
testOwnFlags(
  'breaker',
  define(),
  {
    '--window': {
      args: [...oneByOne, '--fail-rate', '100%', '--min-calls', '4'],
      flag: ['--window', '2'],
      command: fails,
      stdin: lines(5),
      look: lookAtCalls,
      without: { called: 4, rejected: 1 },
      with: { called: 2, rejected: 3 },
    },
    '--min-calls': {
      args: oneByOne,
      flag: ['--min-calls', '3'],
      command: fails,
      stdin: lines(12),
      look: lookAtCalls,
      without: { called: 10, rejected: 2 },
      with: { called: 3, rejected: 9 },
    },
    '--fail-rate': {
      args: [...oneByOne, '--min-calls', '4'],
      flag: ['--fail-rate', '90%'],
      command: ['sh', '-c', 'read n; [ $n -lt 3 ] || exit 75; echo $n'],
      stdin: lines(6),
      look: lookAtCalls,
      without: { called: 2, rejected: 2 },
      with: { called: 4, rejected: 0 },
    },
    '--consecutive': {
      args: oneByOne,
      flag: ['--consecutive', '2'],
      command: fails,
      stdin: lines(5),
      look: lookAtCalls,
      without: { called: 5, rejected: 0 },
      with: { called: 2, rejected: 3 },
    },
    '--failure-on': {
      args: [...oneByOne, '--consecutive', '2'],
      flag: ['--failure-on', 'exit:65'],
      command: ['sh', '-c', 'exit 65'],
      stdin: lines(5),
      look: lookAtCalls,
      without: { called: 5, rejected: 0 },
      with: { called: 2, rejected: 3 },
    },
    '--ignore': {
      args: [...oneByOne, '--consecutive', '2', '--failure-on', 'exit'],
      flag: ['--ignore', 'exit:75'],
      command: fails,
      stdin: lines(5),
      look: lookAtCalls,
      without: { called: 2, rejected: 3 },
      with: { called: 5, rejected: 0 },
    },
    '--slow': {
      args: [...oneByOne, '--min-calls', '2'],
      flag: ['--slow', '1ms'],
      command: ['cat'],
      stdin: lines(4),
      look: lookAtCalls,
      without: { out: lines(4), rejected: 0 },
      with: { out: lines(2), rejected: 2 },
    },
    '--on-open': {
      args: [...state, '--max-pause', '50ms'],
      flag: ['--on-open', 'reject'],
      command: ['cat'],
      run: opened,
      look: lookAtKinds,
      without: { exit: 75, kinds: [] },
      with: { exit: 1, kinds: ['breaker_open'] },
    },
    '--open-for': {
      args: ['-j', '1', '--consecutive', '1', '--max-pause', '2s'],
      flag: ['--open-for', '20ms'],
      command: ['sh', '-c', 'read n; [ $n != 1 ] || exit 1; echo $n'],
      stdin: lines(2),
      without: { out: '', exit: 75 },
      with: { out: '2\n', exit: 1 },
    },
    '--probes': {
      args: state,
      flag: ['--probes', '1'],
      command: ['cat'],
      run: after(cwd => writeState(cwd, due)),
      look: ({ cwd }) => ({ state: readState(cwd).state }),
      without: { out: '1\n', state: 'half_open' },
      with: { out: '1\n', state: 'closed' },
    },
    '--breaker-key': {
      args: [...oneByOne, '--order', 'completion', '--consecutive', '1'],
      flag: ['--breaker-key', '.'],
      command: ['sh', '-c', 'read n; [ $n != 1 ] || exit 75; echo $n'],
      stdin: lines(2),
      without: { out: '' },
      with: { out: '2\n' },
    },
    '--state': {
      flag: state,
      args: ['--on-open', 'fail'],
      command: ['cat'],
      run: opened,
      without: { exit: 0 },
      with: { exit: 75 },
    },
    '--no-state': {
      args: ['--name', 'api', '--on-open', 'fail'],
      flag: ['--no-state'],
      command: ['cat'],
      run: (t, args) => {
        const cwd = makeFolder(t)
        return streamz(t, args, { cwd, env: { XDG_STATE_HOME: cwd }, stdin: lines(1) })
      },
      look: ({ cwd }) => ({ kept: existsSync(join(cwd, 'streamz')) }),
      without: { exit: 0, kept: true },
      with: { exit: 0, kept: false },
    },
    '--name': {
      args: state,
      flag: ['--name', 'payments'],
      command: ['cat'],
      stdin: lines(1),
      look: ({ cwd }) => ({ name: readState(cwd).name }),
      without: { name: 'api' },
      with: { name: 'payments' },
    },
    '--state-ttl': {
      args: [...state, '--on-open', 'fail'],
      flag: ['--state-ttl', '1s'],
      command: ['cat'],
      run: opened,
      without: { exit: 75 },
      with: { exit: 0 },
    },
    '--state-strict': {
      args: state,
      flag: ['--state-strict'],
      command: ['cat'],
      run: after(cwd => writeFileSync(join(cwd, 'api.json'), '{')),
      without: { out: '1\n', exit: 0 },
      with: { out: '', exit: 74 },
    },
    '--on-change': {
      args: ['-j', '1', '--consecutive', '1', '--on-open', 'reject'],
      flag: ['--on-change', 'echo "$STREAMZ_BREAKER_RULE" >told'],
      command: fails,
      stdin: lines(1),
      look: ({ cwd }) => ({ told: existsSync(join(cwd, 'told')) && readFileSync(join(cwd, 'told'), 'utf8') }),
      without: { told: false },
      with: { told: 'consecutive\n' },
    },
    '--events': {
      args: ['-j', '1', '--consecutive', '1', '--on-open', 'reject'],
      flag: ['--events', 'events'],
      command: fails,
      stdin: lines(1),
      look: ({ cwd }) => ({
        events: existsSync(join(cwd, 'events')) ? records(readFileSync(join(cwd, 'events'))).length : 0,
      }),
      without: { events: 0 },
      with: { events: 1 },
    },
  },
  elsewhere,
)

const isColor = ({ long }: Option) => long === '--color'
const shared = [...listPlaceOptions(), ...listServerOptions(), ...listMessageOptions()]

testOwnFlags(
  'breaker status',
  verb('status'),
  {
    '--json': {
      args: ['api.json'],
      flag: ['--json'],
      run: opened,
      look: ({ stdout }) => ({ isJson: String(stdout).startsWith('{"name":"api"') }),
      without: { isJson: false },
      with: { isJson: true },
    },
    '--state': {
      flag: ['--state', 'api.json'],
      run: opened,
      without: { exit: 2 },
      with: { exit: 0 },
    },
    '--name': {
      flag: ['--name', 'api'],
      run: opened,
      without: { exit: 2 },
      with: { exit: 0 },
    },
    '--quiet': {
      args: ['missing.json'],
      flag: ['--quiet'],
      look: ({ stderr }) => ({ isSilent: stderr === '' }),
      without: { isSilent: false },
      with: { isSilent: true },
    },
    ...serverFlags(['--state']),
  },
  listMessageOptions().filter(isColor),
)

testOwnFlags(
  'breaker check',
  verb('check'),
  {
    '--state-strict': {
      args: ['api.json'],
      flag: ['--state-strict'],
      run: after(cwd => writeFileSync(join(cwd, 'api.json'), '{')),
      without: { exit: 0 },
      with: { exit: 74 },
    },
    '--color': {
      args: ['api.json'],
      flag: ['--color', 'always'],
      run: opened,
      look: ({ stderr }) => ({ isColoured: stderr.includes('\u001b[') }),
      without: { isColoured: false },
      with: { isColoured: true },
    },
  },
  shared.filter(one => !isColor(one)),
)

const byHand: FlagCases = {
  '--for': {
    args: ['api.json'],
    flag: ['--for', '10m'],
    look: ({ cwd }) => {
      const { since, until } = readState(cwd).override
      return { minutes: (until - since) / 60_000 }
    },
    without: { minutes: 60 },
    with: { minutes: 10 },
  },
  '--why': {
    args: ['api.json'],
    flag: ['--why', 'maintenance'],
    look: ({ cwd }) => ({ why: readState(cwd).override.why }),
    without: { why: '' },
    with: { why: 'maintenance' },
  },
}
testOwnFlags('breaker open', verb('open'), byHand, shared)
testOwnFlags('breaker close', verb('close'), byHand, shared)
testOwnFlags(
  'breaker reset',
  verb('reset'),
  {
    '--why': {
      args: ['api.json'],
      flag: ['--why', 'fixed'],
      look: ({ cwd }) => ({ log: readFileSync(join(cwd, 'api.json.log'), 'utf8').includes('"why":"fixed"') }),
      without: { log: false },
      with: { log: true },
    },
  },
  shared,
)

test('each rule can be switched off, not both', async t => {
  const run = (...args: string[]) => streamz(t, ['breaker', ...oneByOne, ...args, '--', ...fails], { stdin: lines(30) })
  const called = async (...args: string[]) => lookAtCalls(await run(...args)).called
  t.is(await called('--consecutive', '20'), 20)
  t.is(await called('--consecutive', '20', '--min-calls', '10'), 10)
  t.is(await called('--consecutive', '12', '--fail-rate', 'off'), 12)
  t.is(await called('--consecutive', 'off', '--min-calls', '14'), 14)
  t.is(await called('--fail-rate', 'off'), 10)
  const both = await run('--consecutive', 'off', '--fail-rate', 'off')
  t.is(both.exitCode, 2)
  t.regex(both.stderr, /Both --consecutive and --fail-rate are off.*for example/)
})
