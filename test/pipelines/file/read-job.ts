// biome-ignore-all lint/suspicious/noTemplateCurlyInString: job files hold ${name}
import test from 'ava'
import { UsageError } from '../../../src/cli/usage-error.js'
import { readJob } from '../../../src/pipelines/file/read-job.js'
import { readCommands } from '../../helpers/commands.js'

const commands = await readCommands()

const read = (text: string | Buffer, given: Readonly<Record<string, string>> = {}) =>
  readJob({ file: 'job.yaml', bytes: Buffer.from(text), given: new Map(Object.entries(given)), commands })

const mistake = test.macro({
  title: (what = '') => `${what} is a mistake with its place`,
  async exec(t, text: string | Buffer, wanted: string | RegExp, given?: Readonly<Record<string, string>>) {
    const error = await t.throwsAsync(read(text, given))
    t.true(error instanceof UsageError, String(error?.stack))
    const message = error?.message ?? ''
    if (typeof wanted === 'string') t.is(message, wanted)
    else t.regex(message, wanted)
  },
})

const steps = (text: string) => `steps:\n  - ${text}\n`
const take = steps('take: {count: 1}')

test('an empty file', mistake, '', 'job.yaml:1:1: The file is empty; a job has at least `steps:`')
test('a file of comments', mistake, '# later\n', 'job.yaml:1:1: The file is empty; a job has at least `steps:`')
test('a list', mistake, '- take: {count: 1}\n', /^job\.yaml:1:1: expected a mapping with .*got a list$/)
test('a job without steps', mistake, 'name: x\n', 'job.yaml:1:1: steps is missing: a job has at least one step')
test(
  'a job with no step',
  mistake,
  'steps: []\n',
  'job.yaml:1:8: steps: expected a list with at least one step, got an empty list',
)
test(
  'steps that are a mapping',
  mistake,
  'steps: {take: 1}\n',
  'job.yaml:1:8: steps: expected a list with at least one step, got a mapping',
)
test(
  'an unknown key of a job',
  mistake,
  `${take}colour: red\n`,
  /^job\.yaml:3:1: unknown key "colour"; expected one of name, vars, input, /,
)
test('a misspelt key of a job', mistake, `${take}otput: x\n`, 'job.yaml:3:1: unknown key "otput"; did you mean output?')
test('a key with dashes', mistake, `${take}--dlq: x\n`, 'job.yaml:3:1: unknown key "--dlq"; did you mean dlq?')
test('an option of a command alone', mistake, `${take}inline: true\n`, /^job\.yaml:3:1: unknown key "inline"/)
test(
  'an unknown step',
  mistake,
  steps('explode: {}'),
  /^job\.yaml:2:5: Unknown step "explode"; expected .*batch, .*filter/,
)
test(
  'a misspelt step',
  mistake,
  steps('throtle: {rate: 1/s}'),
  'job.yaml:2:5: Unknown step "throtle"; did you mean throttle?',
)
test('a command that reads no records', mistake, steps('lint: {file: x}'), /^job\.yaml:2:5: Unknown step "lint"/)
test(
  'a step that is a word',
  mistake,
  steps('unbatch'),
  'job.yaml:2:5: A step is a mapping with the name of a command, got the text "unbatch": write it as unbatch: {}',
)
test(
  'an expression in the place of a step',
  mistake,
  steps(`filter: .user == "a, b"`),
  /^job\.yaml:2:13: filter: expected .*; write it as filter: \{where: '\.user == "a, b"'\}$/,
)
test('a program in the place of a step', mistake, steps('map: ./x'), /; write it as map: \{command: \[\.\/x\]\}$/)
test('a value that the first key cannot have', mistake, steps('take: many'), /got the text "many"$/)
test(
  'a misspelt expression',
  mistake,
  steps('filter: {where: .a = 1}'),
  /^job\.yaml:2:21: filter: where: .*did you mean/,
)
test(
  'a plural that was left out',
  mistake,
  steps('map: {command: [cat], retry: 1}'),
  /"retry"; did you mean retries\?$/,
)
test(
  'a text with ! and no quotes',
  mistake,
  steps('filter: {where: !.done}'),
  /^job\.yaml:2:27: The tag !\.done is not allowed: .*; a text that begins with ! needs quotes$/,
)
test(
  'a pattern without quotes',
  mistake,
  `input: *.ndjson\n${take}`,
  'job.yaml:1:8: The alias *.ndjson has no anchor; a text that begins with * needs quotes',
)
test(
  'a text with brackets and no quotes',
  mistake,
  steps('filter: {where: .a in ["x", "y"]}'),
  /^job\.yaml:2:27: The file is not valid YAML: .*; a text with brackets, commas, .* needs quotes around it$/,
)
test(
  'a text with a comma and no quotes',
  mistake,
  steps('filter: {where: .a == "x, y"}'),
  /job\.yaml:2:31: filter: unknown key "y\\""; a text with a comma in it needs quotes around it$/,
)
test(
  'a field without quotes',
  mistake,
  steps('map: {command: [echo, {.id}]}'),
  /^job\.yaml:2:27: map: command: expected a word, got a mapping; a word with braces needs quotes/,
)
test(
  'dashes in two columns',
  mistake,
  'steps:\n  - take: {count: 1}\n - skip: {count: 1}\n',
  /^job\.yaml:3:1: The file is not valid YAML: .*; the dashes of a list stand in one column$/,
)
test('an empty step', mistake, steps('{}'), 'job.yaml:2:5: A step is empty: expected the name of a command')
test(
  'two commands in a step',
  mistake,
  'steps:\n  - take: {count: 1}\n    skip: {count: 1}\n',
  'job.yaml:3:5: A step has one command: "skip" is a second key; begin each step with a dash',
)
test(
  'keys beside the command',
  mistake,
  'steps:\n  - take:\n    count: 1\n',
  /^job\.yaml:3:5: A step has one command: "count" is a second key; put it below take/,
)
test(
  'a step with a value',
  mistake,
  steps('take: 5'),
  /^job\.yaml:2:11: take: expected a mapping with count, .*got the number 5; write it as take: \{count: 5\}$/,
)
test(
  'a missing operand',
  mistake,
  steps('take: {}'),
  'job.yaml:2:5: take: count is missing: how many records, as in count: 10',
)
test(
  'a bad operand',
  mistake,
  steps('take: {count: many}'),
  /^job\.yaml:2:19: take: count: "many" .*expected a whole number/,
)
test(
  'an unknown flag',
  mistake,
  steps('batch: {size: 1, colour: red}'),
  /^job\.yaml:2:22: batch: unknown key "colour"; expected size, bytes, /,
)
test(
  'a misspelt flag',
  mistake,
  steps('batch: {sise: 1}'),
  'job.yaml:2:13: batch: unknown key "sise"; did you mean size?',
)
test(
  'a flag with an underscore',
  mistake,
  steps('batch: {size: 1, max_keys: 1}'),
  'job.yaml:2:22: batch: unknown key "max_keys"; did you mean max-keys?',
)
test(
  'a number of another size',
  mistake,
  steps('batch: {size: 0}'),
  /^job\.yaml:2:19: batch: size: "0" .*expected a whole number/,
)
test(
  'a list for one value',
  mistake,
  steps('batch: {size: [1, 2]}'),
  /^job\.yaml:2:19: batch: size: expected a whole number.*, got a list$/,
)
test(
  'a truth for a value',
  mistake,
  steps('batch: {size: true}'),
  /^job\.yaml:2:19: batch: size: expected a whole number.*, got true$/,
)
test(
  'nothing for a value',
  mistake,
  steps('batch: {size: }'),
  /^job\.yaml:2:19: batch: size: expected a whole number.*, got nothing$/,
)
test(
  'a text for a switch',
  mistake,
  steps('batch: {size: 1, envelope: "true"}'),
  'job.yaml:2:32: batch: envelope: expected true or false, got the text "true"',
)
test(
  'yes for a switch',
  mistake,
  steps('batch: {size: 1, envelope: yes}'),
  'job.yaml:2:32: batch: envelope: expected true or false, got the text "yes"',
)
test(
  'an unknown word',
  mistake,
  steps('throttle: {rate: 1/s, mode: dorp}'),
  /^job\.yaml:2:33: throttle: mode: "dorp" is not known.*did you mean drop\?$/,
)
test('an empty text', mistake, steps('map: {command: [cat], dlq: ""}'), /^job\.yaml:2:32: map: dlq: .*empty/)
test(
  'two flags that exclude each other',
  mistake,
  steps('map: {command: [cat], keep: true, into: .x}'),
  /^job\.yaml:2:(27|39): map: option '--(keep|into)/,
)
test(
  'a flag without what it needs',
  mistake,
  steps('batch: {size: 1, max-keys: 3}'),
  /^job\.yaml:2:22: batch: max-keys needs --key/,
)
test(
  'a flag that says what another says',
  mistake,
  steps('throttle: {rate: 1/s burst 2, burst: 3}'),
  /^job\.yaml:2:35: throttle: burst and/,
)
test('no command', mistake, steps('map: {}'), /^job\.yaml:2:5: map: No COMMAND was given/)
test(
  'a command that is a text',
  mistake,
  steps('map: {command: cat}'),
  /^job\.yaml:2:20: map: command: expected a list of words, .*got the text "cat"$/,
)
test(
  'a command with a list in it',
  mistake,
  steps('map: {command: [cat, [x]]}'),
  'job.yaml:2:26: map: command: expected a word, got a list',
)
test(
  'a function that is none',
  mistake,
  steps('map: {js: "r =>"}'),
  /^job\.yaml:2:11: map: js "r =>" is not a JavaScript expression/,
)
test(
  'two steps of one name',
  mistake,
  'steps:\n  - take: {count: 1, name: x}\n  - skip: {count: 1, name: x}\n',
  'job.yaml:3:28: skip: the step of line 2 has the name x too: give each a name of its own',
)
test(
  'the name that another step has of itself',
  mistake,
  'steps:\n  - take: {count: 1}\n  - skip: {count: 1, name: take}\n',
  /^job\.yaml:3:28: skip: the step of line 2 has the name take too/,
)
test(
  'a name with a slash',
  mistake,
  steps('take: {count: 1, name: a/b}'),
  /^job\.yaml:2:28: take: name: give up to 100 letters/,
)
test(
  'a key given twice',
  mistake,
  `${take}name: a\nname: b\n`,
  'job.yaml:4:1: This key is given twice: keep one of them',
)
test(
  'a flag given twice',
  mistake,
  steps('take: {count: 1, count: 2}'),
  'job.yaml:2:22: This key is given twice: keep one of them',
)
test(
  'a tag',
  mistake,
  steps('take: {count: !!int "1"}'),
  'job.yaml:2:25: The tag tag:yaml.org,2002:int is not allowed: a job file has plain values only',
)
test(
  'a tag of another program',
  mistake,
  steps('take: {count: !env N}'),
  /^job\.yaml:2:2\d: The tag !env is not allowed/,
)
test(
  'a merge key',
  mistake,
  `vars: &v {a: {default: 1}}\nsteps:\n  - take: {<<: *v, count: 1}\n`,
  /^job\.yaml:3:12: Merge keys \(<<\) are not allowed/,
)
test('an alias without an anchor', mistake, steps('take: {count: *n}'), /^job\.yaml:2:19: /)
test('an alias in itself', mistake, 'steps: &s\n  - *s\n', /^job\.yaml:2:5: The alias \*s contains itself$/)
test('several documents', mistake, `${take}---\n${take}`, /^job\.yaml:3:1: The file has several documents/)
test('a tab', mistake, 'steps:\n\t- take: {count: 1}\n', /^job\.yaml:2:1: The file is not valid YAML: /)
test('an open bracket', mistake, 'steps: [\n', /^job\.yaml:\d:\d+: The file is not valid YAML: /)
test('a file that is not UTF-8', mistake, Buffer.from([0x73, 0xff]), 'job.yaml:1:1: The file is not UTF-8 text')
test(
  'a large file',
  mistake,
  `#${'x'.repeat(2 ** 20)}`,
  /^job\.yaml:1:1: The file is 1048577 bytes long; at most 1048576 are read$/,
)
test(
  'deep nesting',
  mistake,
  `name: ${'['.repeat(40)}${']'.repeat(40)}\n`,
  /The file has more than 32 levels of nesting$/,
)
test('a number as name of a job', mistake, `${take}name: [1]\n`, 'job.yaml:3:7: name: expected a text, got a list')
test('an empty input', mistake, `${take}input: []\n`, /^job\.yaml:3:8: input: the list is empty/)
test('append without output', mistake, `${take}append: true\n`, /^job\.yaml:3:9: append needs output/)
test(
  'failures beside a dead-letter file',
  mistake,
  `${take}dlq: x\nfailures: brief\n`,
  /^job\.yaml:[34]:\d+: job: option '--/,
)
test(
  'a bad duration of the job',
  mistake,
  `${take}deadline: 10\n`,
  /^job\.yaml:3:11: job: deadline: "10" is not a duration/,
)
test(
  'a secret where none is read',
  mistake,
  `${take}dlq: env:DLQ\n`,
  /^job\.yaml:3:6: job: dlq: env:DLQ is not read here and would be used literally/,
)
test(
  'a secret as an argument',
  mistake,
  steps('map: {command: [curl, env:API_KEY]}'),
  /^job\.yaml:2:27: map: command: env:API_KEY is not read here/,
)
test(
  'a variable that is not declared',
  mistake,
  steps('batch: {size: "${n}"}'),
  /^job\.yaml:2:19: \$\{n\} is not declared below vars: no vars are declared/,
)
test(
  'a misspelt variable',
  mistake,
  `vars: {size: {default: 1}}\n${steps('batch: {size: "${sise}"}')}`,
  /^job\.yaml:3:19: \$\{sise\} is not declared below vars: declared are size; did you mean size\?/,
)
test(
  'a required variable',
  mistake,
  `vars: {day: {required: true}}\n${take}output: "\${day}"\n`,
  'job.yaml:1:8: vars: day is required: give it with --set day=VALUE',
)
test('a variable without a value', mistake, `vars: {day: {}}\n${take}`, /^job\.yaml:1:8: vars: day has no value/)
test(
  'a variable that is a text',
  mistake,
  `vars: {day: monday}\n${take}`,
  'job.yaml:1:13: vars: day: expected a mapping with default or required; write it as day: {default: "monday"}',
)
test('a name that is none', mistake, `vars: {a-b: {default: 1}}\n${take}`, /^job\.yaml:1:8: vars: "a-b" is not a name/)
test(
  'a variable in JavaScript',
  mistake,
  `vars: {n: {default: 1}}\n${steps('map: {js: "r => r.n + ${n}"}')}`,
  /^job\.yaml:3:15: map: js: \$\{n\} would become code here/,
)
test(
  'a variable in a shell script',
  mistake,
  `vars: {n: {default: 1}}\n${steps('map: {shell: true, command: ["echo ${n}"]}')}`,
  /^job\.yaml:3:34: map: command: \$\{n\} would become code here/,
)
test(
  'a variable in a hook',
  mistake,
  `vars: {n: {default: 1}}\n${steps('breaker: {command: [cat], on-change: "echo ${n}"}')}`,
  /^job\.yaml:3:42: breaker: on-change: \$\{n\} would become code here/,
)
test(
  'a variable in a check',
  mistake,
  `vars: {n: {default: 1}}\n${steps('gate: {cmd: "test ${n}"}')}`,
  /^job\.yaml:3:17: gate: cmd: \$\{n\} would become code here/,
)
test(
  'a value of a variable that does not fit',
  mistake,
  `vars: {n: {default: many}}\n${steps('take: {count: "${n}"}')}`,
  /^job\.yaml:3:19: take: count: "many"/,
)
test('a dollar that leads nowhere', mistake, `${take}output: "\${a b}"\n`, /^job\.yaml:3:9: \$\{a b is not a variable/)
test(
  'a value for a variable that is not there',
  mistake,
  `vars: {day: {default: 1}}\n${take}`,
  '--set dya: the file declares day; did you mean day?',
  { dya: '2' },
)

test('an alias bomb is refused before it is spelled out', async t => {
  const levels = Array.from(
    { length: 9 },
    (_, n) =>
      `l${n}: &l${n} [${Array(9)
        .fill(n === 0 ? 'x' : `*l${n - 1}`)
        .join(', ')}]`,
  )
  const started = performance.now()
  const error = await t.throwsAsync(read(`${levels.join('\n')}\n${take}`))
  t.regex(error?.message ?? '', /The file has more than (100 aliases|10000 values)/)
  t.true(performance.now() - started < 10_000)
})

test('all mistakes of a file are told at once, in its order', async t => {
  const error = await t.throwsAsync(read('outpt: x\nsteps:\n  - tak: {count: 1}\n  - skip: {count: -1}\n'))
  const places = (error?.message ?? '').split('\n').map(line => line.split(': ')[0])
  t.deepEqual(places, ['job.yaml:1:1', 'job.yaml:3:5', 'job.yaml:4:19'])
})

test('a sound file is read with its names, words and variables', async t => {
  const job = await read(
    `vars: {n: {default: 3}, day: {required: true}}
output: "out-\${day}-$\${n}.ndjson"
steps:
  - take: {count: "\${n}"}
  - map: {command: [echo, "\${day}", "{.id}"], raw: true}
  - map: {js: "r => \`\${r.id}\`", tolerate: 5}
  - breaker: {name: score, command: [cat], fail-rate: off}
tolerate: 1%
`,
    { day: 'mon day' },
  )
  t.deepEqual(
    job.steps.map(({ name }) => name),
    ['take', 'map', 'map-2', 'score'],
  )
  t.is(job.output, 'out-mon day-${n}.ndjson')
  t.deepEqual(job.steps[0]?.words, { flags: ['--tolerate=1%'], operands: ['3'], rest: undefined })
  t.deepEqual(job.steps[1]?.words.rest, ['echo', 'mon day', '{.id}'])
  t.deepEqual(job.steps[2]?.words.flags, ['--js=r => `${r.id}`', '--tolerate=5'])
  t.like(job.steps[2]?.stage.options, { tolerate: { count: 5 }, stage: 'map-2' })
  t.like(job.steps[3]?.stage.options, { tolerate: { share: 0.01 }, stage: 'score' })
})

test('numbers, words and aliases mean what they say', async t => {
  const job = await read(`steps:
  - batch: {size: 10, until: .a=1.0}
  - throttle: &limit {rate: [10/s, 600/m], state: 1:30}
  - batch: {until: .x=yes, within: 1m}
  - skip:
      count: 12345
`)
  t.deepEqual(
    job.steps.map(({ words }) => [...words.flags, ...words.operands]),
    [
      ['--size=10', '--until=.a=1.0'],
      ['--rate=10/s', '--rate=600/m', '--state=1:30'],
      ['--until=.x=yes', '--within=1m'],
      ['12345'],
    ],
  )
})
