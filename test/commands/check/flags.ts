import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { define } from '../../../src/commands/check.js'
import { type Result, streamz } from '../../helpers/cli.js'
import { testOwnFlags } from '../../helpers/flags.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const stdin = '{"a":1,"b":"x"}\n{"a":1,"b":"y"}\n{"b":2}\n{"a":0}\n'
const all = { out: stdin, exit: 0 }
const none = { out: '', exit: 0 }

/** Which lines failed. */
const look = ({ stderr }: Result) => ({
  lines: [...stderr.matchAll(/^\{"\$streamz":"error\/1".*?"line":(\d+)/gm)].map(([, line]) => Number(line)),
})

const rule = (flag: string, value: string, out: string, lines: readonly number[]) => ({
  flag: [flag, value],
  stdin,
  look,
  without: { ...all, lines: [] },
  with: { out, exit: 1, lines },
})

const withSchema = async (t: ExecutionContext, args: readonly string[]) => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'schema.json'), '{"properties":{"a":{"minimum":1}}}')
  return await streamz(t, args, { stdin, cwd })
}

const lookAtReport = ({ stderr }: Result) => ({ report: /streamz check: [^;]+; \d rules: (.*)/.exec(stderr)?.[1] })

testOwnFlags('check', define(), {
  '--schema': {
    ...rule('--schema', 'schema.json', '{"a":1,"b":"x"}\n{"a":1,"b":"y"}\n{"b":2}\n', [4]),
    run: withSchema,
  },
  '--required': rule('--required', '.a,.b', '{"a":1,"b":"x"}\n{"a":1,"b":"y"}\n', [3, 4]),
  '--type': rule('--type', '.b=string', '{"a":1,"b":"x"}\n{"a":1,"b":"y"}\n{"a":0}\n', [3]),
  '--enum': rule('--enum', '.b=x,2', '{"a":1,"b":"x"}\n{"b":2}\n{"a":0}\n', [2]),
  '--range': rule('--range', '.a=1..', '{"a":1,"b":"x"}\n{"a":1,"b":"y"}\n{"b":2}\n', [4]),
  '--match': rule('--match', '.b=[xy]', '{"a":1,"b":"x"}\n{"a":1,"b":"y"}\n{"a":0}\n', [3]),
  '--unique': rule('--unique', '.a', '{"a":1,"b":"x"}\n{"b":2}\n{"a":0}\n', [2]),
  '--max-keys': {
    args: ['--unique', '.b'],
    flag: ['--max-keys', '2'],
    stdin,
    look: lookAtReport,
    without: { ...all, report: undefined },
    with: { out: stdin, exit: 1, report: '2 passed, 1 violated' },
  },
  '--sorted': rule('--sorted', '.a', '{"a":1,"b":"x"}\n{"a":1,"b":"y"}\n{"b":2}\n', [4]),
  '--freshness': {
    flag: ['--freshness', '.a=1d'],
    stdin: '{"a":1000000000}\n',
    without: { out: '{"a":1000000000}\n', exit: 0 },
    with: { out: '{"a":1000000000}\n', exit: 1 },
  },
  '--count': { flag: ['--count', '5..'], stdin, without: all, with: { out: stdin, exit: 1 } },
  '--allow-empty': { flag: ['--allow-empty'], stdin: '', without: { out: '', exit: 1 }, with: none },
  '--warn': {
    args: ['--required', '.a'],
    flag: ['--warn', 'required'],
    stdin,
    look,
    without: { exit: 1, lines: [3] },
    with: { ...all, lines: [] },
  },
  '--tolerate': {
    args: ['--required', 'ids: .a'],
    flag: ['--tolerate', 'ids=25%'],
    stdin,
    look,
    without: { exit: 1, lines: [3] },
    with: { exit: 0, lines: [3] },
  },
  '--all-errors': {
    args: ['--required', '.c', '--type', '.b=string'],
    flag: ['--all-errors'],
    stdin: '{"b":1}\n',
    look: ({ stderr }) => ({ message: /"message":"(.*?)"/.exec(stderr)?.[1] }),
    without: { message: '.c is missing (rule required .c)' },
    with: { message: '.c is missing (rule required .c); .b is a number, expected a string (rule type .b=string)' },
  },
  '--report': {
    flag: ['--report', 'github'],
    args: ['--count', '9'],
    stdin,
    look: ({ stderr }) => ({ stderr }),
    without: {
      exit: 1,
      stderr:
        'streamz check: 4 records; 2 rules: 1 passed, 1 violated\n  ok    json     4 checked\n  FAIL  count 9  4 records are fewer than 9\n',
    },
    with: { exit: 1, stderr: '::error title=check%3A count 9::4 records are fewer than 9\n' },
  },
  '--report-file': {
    args: ['--count', '9'],
    flag: ['--report-file', 'json=report.json'],
    stdin,
    look: ({ stderr, cwd }) => ({ stderr: stderr !== '', report: readReport(cwd) }),
    without: { exit: 1, stderr: true, report: undefined },
    with: { exit: 1, stderr: false, report: false },
  },
})

const readReport = (cwd: string): unknown => {
  try {
    return JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8')).ok
  } catch {
    return undefined
  }
}
