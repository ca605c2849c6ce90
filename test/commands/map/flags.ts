import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { define } from '../../../src/commands/map.js'
import { streamz } from '../../helpers/cli.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'
import { httpFlagCases } from '../../helpers/http-flags.js'
import { serverFlags } from '../../helpers/server-flags.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const sh = (script: string) => ['sh', '-c', script]

/** Each of two calls waits until it has seen the other one begin. */
const meet = sh(
  'touch $STREAMZ_LINE.on; while [ ! -e $((3 - STREAMZ_LINE)).on ]; do sleep 0.02; done; echo $STREAMZ_LINE',
)

/** The first call ends well after the second. */
const overtake = sh(
  'if [ $STREAMZ_LINE = 1 ]; then while [ ! -e 2.on ]; do sleep 0.02; done; sleep 0.3; else touch 2.on; fi; echo $STREAMZ_LINE',
)

const hang = ['sleep', '1000']
const secondTry = (exit: number) => sh(`[ $STREAMZ_ATTEMPT = 2 ] && echo true || exit ${exit}`)
const atOnce = ['--backoff', '1ms..1ms']

/** Runs a command once before, with a journal; line 2 fails. */
const journalled = (again: readonly string[]) => async (t: ExecutionContext, args: readonly string[]) => {
  const cwd = makeFolder(t)
  const options = { stdin: '1\n2\n', cwd }
  await streamz(t, ['map', '--journal', 'j', '--js', 'r => r === 2 ? null.x : r'], options)
  const script = again.length > 0 ? again : ['--js', 'r => r === 2 ? null.x : r']
  return streamz(t, [...args, '--journal', 'j', '--failures', 'brief', ...script], options)
}

testOwnFlags('map', define(), {
  '--journal': {
    args: ['--js', 'r => r'],
    flag: ['--journal', 'j'],
    stdin: '1\n',
    look: ({ cwd }) => ({ isThere: existsSync(join(cwd, 'j')) && existsSync(join(cwd, 'j.results')) }),
    without: { out: '1\n', isThere: false },
    with: { out: '1\n', isThere: true },
  },
  '--resume': {
    flag: ['--resume'],
    run: journalled([]),
    without: { out: '', exit: 2 },
    with: { out: '1\n', exit: 1 },
  },
  '--resume-anyway': {
    instead: ['--resume'],
    flag: ['--resume-anyway'],
    run: journalled(['--js', 'r => 7']),
    without: { out: '', exit: 2 },
    with: { out: '1\n', exit: 1 },
  },
  '--resume-failed': {
    instead: ['--resume-anyway'],
    flag: ['--resume-anyway', '--resume-failed'],
    run: journalled(['--js', 'r => 7']),
    without: { out: '1\n', exit: 1 },
    with: { out: '1\n7\n', exit: 0 },
  },
  ...httpFlagCases,
  '--worker': {
    // One process for all records: it counts them.
    args: ['-j', '1'],
    flag: ['--worker'],
    command: sh('n=0; while read -r line; do n=$((n+1)); echo $n; done'),
    stdin: '7\n8\n9\n',
    without: { out: '1\n1\n1\n' },
    with: { out: '1\n2\n3\n' },
  },
  '--pipeline': {
    // A worker that answers once, and then only when it has two more records.
    args: ['-j', '1', '--worker', '--timeout', '1500ms'],
    flag: ['--pipeline', '2'],
    command: sh('read -r a; echo "$a"; while read -r a && read -r b; do echo "$a"; echo "$b"; done'),
    stdin: '1\n2\n3\n',
    look: lookAtKinds,
    without: { out: '1\n3\n', exit: 1, kinds: ['timeout'] },
    with: { out: '1\n2\n3\n', exit: 0, kinds: [] },
  },
  '--correlate': {
    args: ['-j', '1', '--worker'],
    flag: ['--correlate', '.id'],
    command: sh('while read -r line; do echo "$line" | tr 7 8; done'),
    stdin: '{"id":6}\n{"id":7}\n{"id":8}\n',
    look: lookAtKinds,
    without: { out: '{"id":6}\n{"id":8}\n{"id":8}\n', exit: 0, kinds: [] },
    with: { out: '{"id":6}\n{"id":8}\n', exit: 1, kinds: ['output_parse'] },
  },
  '--js': {
    instead: ['--js', 'r => r'],
    flag: ['--js', 'r => r + 1'],
    stdin: '1\n2\n',
    without: { out: '1\n2\n' },
    with: { out: '2\n3\n' },
  },
  '--module': {
    instead: ['--js', 'r => r'],
    flag: ['--module', './twice.mjs'],
    run: (t, args) => {
      const cwd = makeFolder(t)
      writeFileSync(join(cwd, 'twice.mjs'), 'export default r => r * 2\n')
      return streamz(t, args, { stdin: '1\n2\n', cwd })
    },
    without: { out: '1\n2\n' },
    with: { out: '2\n4\n' },
  },
  '--batch': {
    instead: ['--order', 'input'],
    flag: ['--batch'],
    command: sh(`echo '[1,{"error":"bad"}]'`),
    stdin: '[5,6]\n',
    without: { out: '[1,{"error":"bad"}]\n', exit: 0 },
    with: { out: '[1]\n', exit: 1 },
  },
  '--dlq-outage': {
    args: ['-j', '2', '--dlq', 'failed.ndjson'],
    flag: ['--dlq-outage', 'off'],
    command: sh('exit 75'),
    stdin: '1\n'.repeat(40),
    without: { exit: 75 },
    with: { exit: 1 },
  },
  '--concurrency': {
    args: ['--timeout', '1500ms'],
    instead: ['-j', '1'],
    flag: ['--concurrency', '2'],
    command: meet,
    stdin: '1\n2\n',
    look: lookAtKinds,
    without: { out: '2\n', exit: 1, kinds: ['timeout'] },
    with: { out: '1\n2\n', exit: 0, kinds: [] },
  },
  '--timeout': {
    args: ['--deadline', '2s', '--drain', '0', '--kill-after', '0'],
    flag: ['--timeout', '20ms'],
    command: hang,
    stdin: '1\n',
    look: lookAtKinds,
    without: { exit: 124, kinds: ['cancelled'] },
    with: { exit: 1, kinds: ['timeout'] },
  },
  '--kill-after': {
    args: ['--timeout', '700ms'],
    flag: ['--kill-after', '20ms'],
    command: sh('trap "sleep 0.7; touch cleaned; exit" TERM; while :; do sleep 0.01; done'),
    stdin: '1\n',
    look: ({ cwd }) => ({ cleaned: existsSync(join(cwd, 'cleaned')) }),
    without: { exit: 1, cleaned: true },
    with: { exit: 1, cleaned: false },
  },
  '--shell': {
    instead: ['--deadline', '1h'],
    flag: ['--shell'],
    command: ['echo $((40 + 2))'],
    stdin: '1\n',
    without: { out: '', exit: 127 },
    with: { out: '42\n', exit: 0 },
  },
  '--max-response': {
    flag: ['--max-response', '4'],
    command: ['echo', '12345'],
    stdin: '1\n',
    look: lookAtKinds,
    without: { out: '12345\n', exit: 0, kinds: [] },
    with: { out: '', exit: 1, kinds: ['output_too_large'] },
  },
  '--dry-run': {
    flag: ['--dry-run'],
    command: ['echo', '{.n}'],
    stdin: '{"n":1}\n',
    without: { out: '1\n' },
    with: { out: '["echo","1"]\n' },
  },
  '--order': {
    args: ['-j', '2'],
    flag: ['--order', 'completion'],
    command: overtake,
    stdin: '1\n2\n',
    without: { out: '1\n2\n' },
    with: { out: '2\n1\n' },
  },
  '--order-window': {
    // The first hangs: of those behind it as many are called as the window holds.
    args: ['-j', '2', '--deadline', '3s', '--drain', '0', '--kill-after', '0'],
    flag: ['--order-window', '2'],
    command: ['sh', '-c', 'read n; [ $n -gt 1 ] || exec sleep 60; echo $n'],
    stdin: '1\n2\n3\n4\n',
    without: { exit: 124, out: '2\n3\n4\n' },
    with: { exit: 124, out: '2\n' },
  },
  '--order-by': {
    args: ['-j', '2', '--timeout', '1500ms'],
    flag: ['--order-by', '.k'],
    command: meet,
    stdin: '{"k":1}\n{"k":1}\n',
    look: lookAtKinds,
    without: { out: '1\n2\n', exit: 0, kinds: [] },
    with: { out: '2\n', exit: 1, kinds: ['timeout'] },
  },
  '--retries': {
    args: atOnce,
    flag: ['--retries', '1'],
    command: secondTry(75),
    stdin: '1\n',
    look: lookAtKinds,
    without: { out: '', exit: 1, kinds: ['exit'] },
    with: { out: 'true\n', exit: 0, kinds: [] },
  },
  // With full jitter a wait of less than the deadline is one in ten thousand.
  '--backoff': {
    args: ['--retries', '1', '--record-deadline', '50m'],
    instead: ['--backoff', '350d..350d'],
    flag: atOnce,
    command: secondTry(75),
    stdin: '1\n',
    look: lookAtKinds,
    without: { out: '', exit: 1, kinds: ['deadline'] },
    with: { out: 'true\n', exit: 0, kinds: [] },
  },
  '--record-deadline': {
    args: ['--timeout', '400ms'],
    flag: ['--record-deadline', '50ms'],
    command: hang,
    stdin: '1\n',
    look: lookAtKinds,
    without: { exit: 1, kinds: ['timeout'] },
    with: { exit: 1, kinds: ['deadline'] },
  },
  '--retry-on': {
    args: ['--retries', '1', ...atOnce],
    flag: ['--retry-on', 'exit:3'],
    command: secondTry(3),
    stdin: '1\n',
    look: lookAtKinds,
    without: { out: '', exit: 1, kinds: ['exit'] },
    with: { out: 'true\n', exit: 0, kinds: [] },
  },
  '--rate': {
    args: ['--deadline', '5s'],
    flag: ['--rate', '2/h burst 2'],
    command: ['cat'],
    stdin: '1\n2\n3\n',
    without: { out: '1\n2\n3\n', exit: 0 },
    with: { out: '1\n2\n', exit: 124 },
  },
  '--rate-state': {
    args: ['--deadline', '5s', '--rate', '2/h burst 2'],
    flag: ['--rate-state', 'rates.json'],
    command: ['cat'],
    stdin: '1\n',
    look: ({ cwd }) => ({ kept: existsSync(join(cwd, 'rates.json')) }),
    without: { out: '1\n', exit: 0, kept: false },
    with: { out: '1\n', exit: 0, kept: true },
  },
  '--rate-state-reset': {
    args: ['--rate', '1/h', '--rate-state', 'rates.json'],
    flag: ['--rate-state-reset'],
    command: ['cat'],
    async run(t, args) {
      const cwd = makeFolder(t)
      await streamz(t, ['map', '--rate', '5/h', '--rate-state', 'rates.json', '--', 'cat'], { stdin: '1\n', cwd })
      return streamz(t, args, { stdin: '1\n', cwd })
    },
    without: { out: '', exit: 2 },
    with: { out: '1\n', exit: 0 },
  },
  '--settle': {
    args: ['--deadline', '5s', '--rate', '100/h of .n burst 100', '-j', '1'],
    flag: ['--settle', '.used'],
    command: ['echo', '{"used":1}'],
    stdin: '{"n":90}\n{"n":90}\n',
    without: { out: '{"used":1}\n', exit: 124 },
    with: { out: '{"used":1}\n{"used":1}\n', exit: 0 },
  },
  '--retry-after': {
    args: ['--max-pause', '1s'],
    flag: ['--retry-after', 'again at (.*)'],
    command: ['sh', '-c', 'echo again at 3600 >&2; exit 9'],
    stdin: '1\n',
    without: { out: '', exit: 1 },
    with: { out: '', exit: 75 },
  },
  '--max-pause': {
    args: ['--deadline', '1500ms'],
    flag: ['--max-pause', '20ms'],
    command: ['sh', '-c', 'echo retry-after: 60 >&2; exit 75'],
    stdin: '1\n',
    without: { out: '', exit: 124 },
    with: { out: '', exit: 75 },
  },
  '--into': {
    flag: ['--into', '.b.c'],
    command: ['echo', '42'],
    stdin: '{"a": 1.0}\n',
    without: { out: '42\n' },
    with: { out: '{"a": 1.0,"b":{"c":42}}\n' },
  },
  '--keep': {
    flag: ['--keep'],
    command: ['echo', '42'],
    stdin: ' {"a": 1.0}\n',
    without: { out: '42\n' },
    with: { out: '{"record":{"a": 1.0},"result":42}\n' },
  },
  '--pass': {
    flag: ['--pass'],
    command: ['echo', 'done'],
    stdin: ' {"a": 1.0}\n',
    look: lookAtKinds,
    without: { out: '', exit: 1, kinds: ['output_parse'] },
    with: { out: ' {"a": 1.0}\n', exit: 0, kinds: [] },
  },
  '--start-timeout': {
    // A worker that takes its time to start, and none for a record.
    args: ['-j', '1', '--worker', '--timeout', '200ms'],
    flag: ['--start-timeout', '200ms'],
    command: sh('sleep 1; exec cat'),
    stdin: '1\n',
    look: lookAtKinds,
    without: { out: '1\n', exit: 0, kinds: [] },
    with: { out: '', exit: 1, kinds: ['timeout'] },
  },
  '--max-heap': {
    args: [
      '-j',
      '1',
      '--js',
      'r => { const all = []; for (let n = 0; n < 3e5; n++) all.push({ n: [n] }); return all.length }',
    ],
    flag: ['--max-heap', '20MiB'],
    stdin: '1\n',
    look: lookAtKinds,
    without: { out: '300000\n', exit: 0, kinds: [] },
    with: { out: '', exit: 1, kinds: ['script'] },
  },
  '--multi': {
    flag: ['--multi'],
    command: ['printf', String.raw`1\n2\n`],
    stdin: '1\n',
    look: lookAtKinds,
    without: { out: '', exit: 1, kinds: ['output_parse'] },
    with: { out: '1\n2\n', exit: 0, kinds: [] },
  },
  '--raw': {
    flag: ['--raw'],
    command: ['echo', 'some "text"'],
    stdin: '1\n',
    look: lookAtKinds,
    without: { out: '', exit: 1, kinds: ['output_parse'] },
    with: { out: '"some \\"text\\""\n', exit: 0, kinds: [] },
  },
  ...serverFlags(['--rate-state'], { args: ['--rate', '9/s'], command: ['cat'] }),
})
