import { define as dlq } from '../../src/commands/dlq.js'
import { define as map } from '../../src/commands/map.js'
import { define as throttle } from '../../src/commands/throttle.js'
import { define as unbatch } from '../../src/commands/unbatch.js'
import { commonCases } from '../helpers/common-flags.js'
import { lookAtKinds, testCommonFlags } from '../helpers/flags.js'

const long = `{"k":"x","pad":"${'.'.repeat(80)}"}\n`

// Passes records on untouched.
const fast = ['--rate', '1000000000/s']
testCommonFlags(
  'throttle',
  throttle,
  commonCases({
    args: fast,
    good: '{"a": 1.0}\n',
    out: '{"a": 1.0}\n',
    long,
    failing: { args: ['--rate', '1/h', '--mode', 'reject'], stdin: '1\n{"k":"x"}\n', kind: 'throttled' },
    text: { stdin: '"a \\"b\\""\n' },
    cases: {
      '--raw-input': {
        args: fast,
        flag: ['--raw-input'],
        stdin: 'a b\n\n',
        without: { out: 'a b\n' },
        with: { out: '"a b"\n""\n' },
      },
    },
  }),
)

// Looks into every record and makes new ones.
testCommonFlags(
  'unbatch',
  unbatch,
  commonCases({
    args: [],
    good: '[{"a": 1.0}]\n',
    out: '{"a": 1.0}\n',
    long: `[${long.trim()}]\n`,
    failing: { stdin: '{"k":"x"}\n', kind: 'field' },
    text: { stdin: '["a \\"b\\""]\n' },
    cases: {
      '--raw-input': {
        flag: ['--raw-input'],
        stdin: '[1]\n',
        look: lookAtKinds,
        without: { out: '1\n', exit: 0, kinds: [] },
        with: { out: '', exit: 1, kinds: ['field'] },
      },
    },
  }),
)

// Makes a call for every record.
const late = ['sh', '-c', 'sleep 1.5; echo 1']
testCommonFlags(
  'map',
  map,
  commonCases({
    args: [],
    command: ['sh', '-c', 'grep -v fail'],
    good: '{"a": 1.0}\n',
    out: '{"a": 1.0}\n',
    long,
    failing: { stdin: '{"k":"x","fail":1}\n', kind: 'exit' },
    text: { stdin: '"a \\"b\\""\n' },
    cases: {
      '--raw-input': {
        args: ['--keep'],
        flag: ['--raw-input'],
        command: ['wc', '-c'],
        stdin: 'a b\n',
        look: lookAtKinds,
        without: { out: '', exit: 1, kinds: ['parse'] },
        with: { out: '{"record":"a b","result":4}\n', exit: 0, kinds: [] },
      },
      '--drain': {
        args: ['--deadline', '1s'],
        flag: ['--drain', '10ms'],
        command: late,
        stdin: '1\n',
        look: lookAtKinds,
        without: { out: '1\n', exit: 124, kinds: [] },
        with: { out: '', exit: 124, kinds: ['cancelled'] },
      },
    },
  }),
)

// Keeps failures in a file.
const to = ['--to', 'failed.ndjson']
testCommonFlags(
  'dlq',
  dlq,
  commonCases({
    args: to,
    good: '{"a": 1.0}\n',
    out: '{"a": 1.0}\n',
    long,
    failing: { args: ['--max-line', '60'], stdin: long, kind: 'too_long' },
    text: { stdin: '"a \\"b\\""\n' },
    cases: {
      '--raw-input': {
        args: to,
        flag: ['--raw-input'],
        stdin: 'a b\n',
        without: { out: 'a b\n' },
        with: { out: '"a b"\n' },
      },
      '--max-line': {
        args: to,
        flag: ['--max-line', '60'],
        stdin: long,
        without: { out: long, exit: 0 },
        with: { out: '', exit: 1 },
      },
      '--tolerate': {
        args: to,
        flag: ['--tolerate', '1'],
        stdin: '{"$streamz":"error/1","id":"1","record":1}\n',
        without: { exit: 1 },
        with: { exit: 0 },
      },
      '--dlq-max': {
        args: to,
        flag: ['--dlq-max', '10'],
        stdin: '{"$streamz":"error/1","id":"1","record":1}\n',
        without: { exit: 1 },
        with: { exit: 74 },
      },
      // Here --to says where failures go.
      '--dlq': { args: to, flag: ['--dlq', 'other.ndjson'], stdin: '1\n', without: { exit: 0 }, with: { exit: 2 } },
      '--inline': { args: to, flag: ['--inline'], stdin: '1\n', without: { exit: 0 }, with: { exit: 2 } },
      '--failures': { args: to, flag: ['--failures', 'brief'], stdin: '1\n', without: { exit: 0 }, with: { exit: 2 } },
    },
  }),
)
