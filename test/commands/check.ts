import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { readSummary, recordOf } from '../helpers/account.js'
import { records, shell, streamz } from '../helpers/cli.js'
import { kindsIn } from '../helpers/flags.js'
import { makeFolder } from '../helpers/temporary-folder.js'

test('good records pass byte for byte, the others are failures with the record, the path, the type and the rule', async t => {
  const stdin = '{"id":1, "n":1.0}\n{"id":"1"}\nnot json\n{"n":12345678901234567890,"id":2}\n'
  const { stdout, stderr, exitCode } = await streamz(t, ['check', '--type', 'ids: .id=integer', '-q'], { stdin })
  t.is(exitCode, 1)
  t.is(String(stdout), '{"id":1, "n":1.0}\n{"n":12345678901234567890,"id":2}\n')
  t.deepEqual(kindsIn(stderr), ['schema', 'parse'])
  const [failed = '', damaged = ''] = stderr.trim().split('\n')
  t.deepEqual([recordOf(failed), recordOf(damaged)], ['{"id":"1"}', 'not json'])
  t.like(JSON.parse(failed).error, {
    class: 'input',
    message: '.id is a string, expected an integer (rule ids)',
    violations: [{ rule: 'ids', path: '.id', type: 'string', message: '.id is a string, expected an integer' }],
  })
})

test('without violations nothing is printed outside a terminal', async t => {
  const { stderr, exitCode } = await streamz(t, ['check', '--count', '1..2'], { stdin: '1\n2\n' })
  t.deepEqual([stderr, exitCode], ['', 0])
})

test('the text tells every rule, the first places and how many more', async t => {
  const stdin = '{"a":1}\n{"a":1}\n'.repeat(600)
  const args = ['check', '--unique', '.a', '--range', '.a=0..9', '--warn', 'range', '--dlq', 'failed.ndjson']
  const { stderr } = await streamz(t, args, { stdin })
  t.deepEqual(stderr.split('\n').slice(0, 8), [
    'streamz check: 1,200 records; 4 rules: 3 passed, 1 violated',
    '  ok    json           1,200 checked',
    '  ok    range .a=0..9  1,200 checked',
    '  FAIL  unique .a      1,199 violations (99.9%); 1,200 checked',
    '          line 2: .a (a number) is the same as in an earlier record',
    '          line 3: .a (a number) is the same as in an earlier record',
    '          line 4: .a (a number) is the same as in an earlier record',
    '          and 1,196 more',
  ])
})

test('zero records are a violation unless --allow-empty or --count says otherwise', async t => {
  const run = async (...args: string[]) => (await streamz(t, ['check', ...args], { stdin: '\n\n' })).exitCode
  t.deepEqual(
    [
      await run(),
      await run('--allow-empty'),
      await run('--count', '0..5'),
      await run('--allow-empty', '--count', '1..'),
    ],
    [1, 0, 0, 1],
  )
})

test('a file that is not NDJSON gets its hint and fails', async t => {
  const { stderr, exitCode } = await streamz(t, ['check', '--failures', 'brief'], { stdin: '[\n  {"id":1}\n]\n' })
  t.is(exitCode, 1)
  t.regex(stderr, /The input looks like .*array.*jq -c '\.\[\]'/)
})

test('failure records of earlier stages are violations, and pass', async t => {
  const forged = '{"$streamz":"error/1","record":1}\n'
  const { stdout, stderr, exitCode } = await streamz(t, ['check'], { stdin: `1\n${forged}` })
  t.deepEqual([String(stdout).split('\n').toSorted(), exitCode], [['', forged.trim(), '1'].toSorted(), 1])
  t.regex(stderr, /FAIL {2}failures .*1 failure records of earlier stages/)
  t.is((await streamz(t, ['check', '--no-failures-in'], { stdin: forged })).exitCode, 0)
})

test('a line that is too long is violated whatever is tolerated', async t => {
  const args = ['check', '--max-line', '8', '--tolerate', '100%', '--tolerate', 'json=100%', '--failures', 'brief']
  const { exitCode, stderr } = await streamz(t, args, { stdin: '1\n"0123456789"\n' })
  t.is(exitCode, 1)
  t.regex(stderr, /FAIL {2}json .*1 line is longer than --max-line/)
})

for (const [tolerated, exit] of [
  [['kinds=25%'], 1],
  [['kinds=50%'], 0],
  [['50%'], 0],
  [['49%'], 1],
  [['kinds=50%', '0'], 0],
  [['2'], 0],
  [['enum=2'], 0],
  [['json=100%'], 1],
] as const) {
  test(`--tolerate ${tolerated.join(' ')} with 2 of 4 violated exits ${exit}`, async t => {
    const flags = tolerated.flatMap(value => ['--tolerate', value])
    const args = ['check', '--enum', 'kinds: .k=a', ...flags, '--failures', 'brief', '--summary', 'summary.json']
    const { exitCode, cwd } = await streamz(t, args, { stdin: '{"k":"a"}\n{"k":"b"}\n{"k":1}\n{}\n' })
    t.is(exitCode, exit)
    t.like(readSummary(cwd), { read: 4, delivered: 2, failed: 2, failed_by_kind: { schema: 2 }, exit_code: exit })
  })
}

test('what one rule tolerates does not use up what is tolerated of all', async t => {
  const args = [
    'check',
    '--enum',
    'kinds: .k=a',
    '--required',
    '.id',
    '--tolerate',
    'kinds=2',
    '--tolerate',
    '1',
    '--failures',
    'brief',
  ]
  const stdin = '{"id":1,"k":"b"}\n{"id":1,"k":"b"}\n{"k":"a"}\n'
  t.is((await streamz(t, args, { stdin })).exitCode, 0)
  t.is((await streamz(t, args, { stdin: `${stdin}{}\n` })).exitCode, 1)
})

test('--inline passes failures on; violations of the whole input are still reported', async t => {
  const run = (...args: string[]) => streamz(t, ['check', '--inline', '--required', '.a', ...args], { stdin: '{}\n' })
  t.is((await run()).exitCode, 0)
  t.is((await run('--count', '2..')).exitCode, 1)
})

const mistakes: readonly (readonly [args: readonly string[], wanted: RegExp])[] = [
  [['--type', '.a=nubmer'], /--type: "nubmer" is not a type; expected .*did you mean number\?/],
  [['--type', '.a'], /--type: "\.a" has no field and value/],
  [['--required', 'id'], /--required: "id" is not a path.*\.id/],
  [['--required', '.id,'], /--required: "" is not a path/],
  [['--range', '.a=9..1'], /--range: "\.a=9\.\.1" is an empty range/],
  [['--range', '.a=..'], /--range: "\.a=\.\." is not a range/],
  [['--range', '.a=5'], /--range: "\.a=5" is not a range/],
  [['--enum', '.a=x,,y'], /--enum: .*has an empty value/],
  [['--enum', '.a="x'], /--enum: "\\"x" is not a JSON string/],
  [['--match', '.a=(?=x)'], /--match: "\(\?=x\)", column 1: .*is lookaround.*linear/],
  [['--match', '.a=(x'], /--match: .*column 1: the group \( is not closed/],
  [['--match', String.raw`.a=(x)\1`], /--match: .*column 4: .*is a backreference/],
  [['--count', '5..1'], /--count: "5\.\.1" is an empty range/],
  [['--count', 'many'], /--count: "many" is not a count/],
  [['--freshness', '.a=soon'], /--freshness: "soon" is not a duration/],
  [['--warn', 'uniqe', '--unique', '.a'], /--warn: there is no rule "uniqe"; did you mean unique\?/],
  [['--warn', 'json'], /--warn: a line that is not valid JSON cannot pass/],
  [['--tolerate', 'x=1%'], /--tolerate: there is no rule "x"/],
  [['--tolerate', '1x'], /--tolerate: "1x" is neither a count nor a percentage/],
  [['--unique', '.a', '--warn', 'unique', '--tolerate', 'unique=1%'], /--tolerate: unique \.a is a warning/],
  [['--unique', 'x: .a', '--sorted', 'x: .a'], /--sorted: there are two rules with the name x/],
  [['--unique', '.a', '--unique', '.a'], /--unique \.a is given twice/],
  [['--max-keys', '5'], /--max-keys needs --unique/],
  [['--report', 'xml'], /--report: "xml" is not known/],
  [
    ['--report', 'json', '--report', 'junit', '--report-file', 'r'],
    /--report-file: r could be for any of several reports/,
  ],
  [['--report-file', 'a', '--report-file', 'b'], /--report-file: one file for each report/],
  [['--report-file', 'same.ndjson', 'same.ndjson'], /same file/],
]

for (const [args, wanted] of mistakes) {
  test(`check ${args.join(' ')} is a mistake that is found before anything is read`, async t => {
    const cwd = makeFolder(t)
    writeFileSync(join(cwd, 'same.ndjson'), '1\n')
    const { stdout, stderr, exitCode } = await streamz(t, ['check', ...args], { stdin: '{"a":1}\n', cwd })
    t.deepEqual([exitCode, String(stdout)], [2, ''])
    t.regex(stderr, wanted)
    t.is(readFileSync(join(cwd, 'same.ndjson'), 'utf8'), '1\n')
  })
}

const schemas: readonly (readonly [schema: string, wanted: RegExp])[] = [
  [
    '{"$ref":"https://example.com/x.json"}',
    /s\.json:1: \/\$ref: "https:\/\/example\.com\/x\.json" is not in the folder of the schema, and nothing is fetched/,
  ],
  [
    '{"properties":{\n"a":{"$ref":"../x.json"}}}',
    /s\.json:2: \/properties\/a\/\$ref: "\.\.\/x\.json" is not in the folder/,
  ],
  ['{"$ref":"link.json"}', /s\.json:1: \/\$ref: "link\.json" is not in the folder/],
  ['{"$ref":"none.json"}', /s\.json:1: \/\$ref: no such file: .*none\.json/],
  ['{"$ref":"#/nothing"}', /s\.json:1: \/\$ref: there is nothing at "#\/nothing"/],
  ['{"items":{\n"pattern":"a(?!b)"}}', /s\.json:2: \/items\/pattern: column 2: .*is lookaround/],
  ['{"patternProperties":{"(":true}}', /s\.json:1: \/patternProperties\/\(: column 1: the group \( is not closed/],
  [
    '{"properties":{"a":\n\n{"format":"emial"}}}',
    /s\.json:3: \/properties\/a\/format: the format "emial" is not known; did you mean email\?/,
  ],
  ['{"type":"nubmer"}', /s\.json:1: \/type: it is not a valid schema: .*must be equal to one of.*"number"/],
  ['{"items":[{}]}', /s\.json:1: \/items: it is not a valid schema: is an array, expected an object or a boolean/],
  ['{"a":\n [1,}', /s\.json:2:5: not valid JSON: Expected a value/],
  ['[]', /s\.json:1: \/: a schema is an object, true or false/],
  [
    '{"$schema":"http://json-schema.org/draft-04/schema#"}',
    /s\.json:1: \/\$schema: .*draft-04.* is not known; use .*2020-12.*draft-07/,
  ],
  ['{"items":{"$dynamicRef":"#a"}}', /s\.json:1: \/items\/\$dynamicRef: \$dynamicRef is not supported; use \$ref/],
]

for (const [schema, wanted] of schemas) {
  test(`the schema ${schema.replaceAll('\n', ' ')} is a mistake with its place`, async t => {
    const cwd = join(makeFolder(t), 'inside')
    mkdirSync(cwd)
    writeFileSync(join(cwd, '../x.json'), '{}')
    writeFileSync(join(cwd, 's.json'), schema)
    await shell(t, 'ln -s ../x.json link.json', { cwd })
    const { stdout, stderr, exitCode } = await streamz(t, ['check', '--schema', 's.json'], { stdin: '1\n', cwd })
    t.deepEqual([exitCode, String(stdout)], [2, ''], stderr)
    t.regex(stderr, wanted)
  })
}

test('a schema may refer to files of its folder, by path or by the addresses of $id', async t => {
  const cwd = makeFolder(t)
  mkdirSync(join(cwd, 'schemas/parts'), { recursive: true })
  const write = (name: string, schema: object) => writeFileSync(join(cwd, 'schemas', name), JSON.stringify(schema))
  write('order.json', {
    $id: 'https://example.com/v1/order.json',
    properties: { a: { $ref: 'parts/a.json#/$defs/n' }, b: { $ref: '/v1/b.json' } },
  })
  write('parts/a.json', { $defs: { n: { $ref: '../b.json' } } })
  write('b.json', { type: 'integer', maximum: 9 })
  const args = ['check', '--schema', 'schemas/order.json', '--all-errors', '--failures', 'text', '-q']
  const { stdout, stderr, exitCode } = await streamz(t, args, { stdin: '{"a":1,"b":2}\n{"a":10,"b":"x"}\n', cwd })
  t.deepEqual([String(stdout), exitCode], ['{"a":1,"b":2}\n', 1], stderr)
  t.is(
    stderr,
    'streamz check: line 2: schema: .a (a number) must be <= 9 (rule schema); .b is a string, expected an integer (rule schema)\n',
  )
})

test('a keyword that looks like a typo is reported, but is not an error', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 's.json'), '{"requried":["a"],"x-owner":"me","example":1}')
  const { stderr, exitCode } = await streamz(t, ['check', '--schema', 's.json'], { stdin: '1\n', cwd })
  t.deepEqual(
    [exitCode, stderr],
    [0, 'streamz check: --schema: s.json:1: /requried: requried is not a keyword; did you mean required?\n'],
  )
})

test('a schema check parses lines as every command does: deep nesting and bad UTF-8 are not valid JSON', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 's.json'), 'true')
  const deep = `${'['.repeat(1025)}${']'.repeat(1025)}`
  const stdin = Buffer.concat([Buffer.from(`${deep}\n"`), Buffer.of(0xff), Buffer.from('"\n"é"\n')])
  const { stdout, stderr, exitCode } = await streamz(t, ['check', '--schema', 's.json', '-q'], { stdin, cwd })
  t.deepEqual([String(stdout), kindsIn(stderr), exitCode], ['"é"\n', ['parse', 'parse'], 1])
})

test('a schema that goes round in circles violates, and the run goes on', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 's.json'), '{"if":{"type":"number"},"else":{"$ref":"#"}}')
  const { stdout, stderr, exitCode } = await streamz(t, ['check', '--schema', 's.json', '-q'], {
    stdin: '"x"\n1\n',
    cwd,
  })
  t.deepEqual([String(stdout), kindsIn(stderr), exitCode], ['1\n', ['schema'], 1])
})

test('a long text does not make a format of a schema hang', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 's.json'), '{"format":"url"}')
  const stdin = `"http://example.com/a"\n${JSON.stringify(`http://${'1:'.repeat(500_000)}`)}\n`
  const { stdout, exitCode } = await streamz(t, ['check', '--schema', 's.json', '-q'], { stdin, cwd })
  t.deepEqual([String(stdout), exitCode], ['"http://example.com/a"\n', 1])
})

test('--sorted and --unique go through all files, and failures name theirs', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'a.ndjson'), '{"id":1}\n{"id":3}\n')
  writeFileSync(join(cwd, 'b.ndjson'), '{"id":2}\n{"id":3.0}\n{"id":4}\n')
  const args = [
    'check',
    '--unique',
    '.id',
    '--sorted',
    '.id',
    '--report',
    'json',
    'a.ndjson',
    'b.ndjson',
    '--failures',
    'brief',
  ]
  const { stderr, stdout } = await streamz(t, args, { cwd })
  t.is(String(stdout), '{"id":1}\n{"id":3}\n{"id":4}\n')
  const [report] = records(
    stderr
      .split('\n')
      .filter(line => line.startsWith('{'))
      .join('\n'),
  )
  t.like(report, {
    $streamz: 'check/1',
    ok: false,
    complete: true,
    records: 5,
    failed: 2,
    rules: [
      { name: 'json', status: 'passed', checked: 5 },
      {
        name: 'unique .id',
        status: 'violated',
        violations: 1,
        examples: [{ file: 'b.ndjson', line: 2, path: '.id', type: 'number' }],
      },
      { name: 'sorted .id', status: 'violated', violations: 1, examples: [{ file: 'b.ndjson', line: 1 }] },
      { name: 'not empty', status: 'passed' },
    ],
  })
})

test('a run that was cut short does not decide rules about the whole input', async t => {
  const args = ['check', '--required', '.a', '--count', '9..', '--max-fail', '1', '--failures', 'brief']
  const { stderr, exitCode } = await streamz(t, args, { stdin: '{}\n'.repeat(5) })
  t.is(exitCode, 65)
  t.regex(stderr, /records, cut short; .*1 not decided/)
  t.regex(stderr, /open {2}count 9\.\. +not decided: the input was cut short/)
})
