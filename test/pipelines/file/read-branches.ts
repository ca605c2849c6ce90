// biome-ignore-all lint/suspicious/noTemplateCurlyInString: job files hold ${name}
import test from 'ava'
import { UsageError } from '../../../src/cli/usage-error.js'
import { readJob } from '../../../src/pipelines/file/read-job.js'
import { readCommands } from '../../helpers/commands.js'

const commands = await readCommands()

const read = (text: string) => readJob({ file: 'job.yaml', bytes: Buffer.from(text), given: new Map(), commands })

const mistake = test.macro({
  title: (what = '') => `${what} is a mistake with its place`,
  async exec(t, text: string, wanted: string | RegExp) {
    const error = await t.throwsAsync(read(text))
    t.true(error instanceof UsageError, String(error?.stack))
    const message = error?.message ?? ''
    if (typeof wanted === 'string') t.is(message, wanted)
    else t.regex(message, wanted)
  },
})

const route = (...branches: readonly string[]) =>
  `steps:\n  - route:\n      branches:\n${branches.map(one => `        - ${one}\n`).join('')}`

const large = '{where: .amount > 100, output: large.ndjson}'

test(
  'a route without branches',
  mistake,
  'steps:\n  - route: {}\n',
  /^job\.yaml:2:5: route: branches is missing: where /,
)
test(
  'a route of the command line',
  mistake,
  'steps:\n  - route: {all: true, branches: []}\n',
  /^job\.yaml:2:13: route: unknown key "all"; expected branches, .*\njob\.yaml:2:34: route: branches: expected a list, as in: .*; got an empty list$/,
)
test(
  'branches that are a mapping',
  mistake,
  'steps:\n  - route: {branches: {large: .amount > 100}}\n',
  /^job\.yaml:2:23: route: branches: expected a list, .*; got a mapping$/,
)
test(
  'a branch that is a text',
  mistake,
  route('.amount > 100'),
  /^job\.yaml:4:11: branch: expected a mapping with name, /,
)
test(
  'a misspelt key of a branch',
  mistake,
  route('{where: .a, ouput: x}'),
  /^job\.yaml:4:11: branch: it has no end.*\njob\.yaml:4:23: branch: unknown key "ouput"; did you mean output\?$/,
)
test(
  'a branch without a condition',
  mistake,
  route('{output: x}'),
  'job.yaml:4:11: branch: where is missing: expected a condition, as in where: .amount > 100, or else: true',
)
test(
  'a condition that is none',
  mistake,
  route('{where: amount > 100, output: x}'),
  /^job\.yaml:4:19: branch: where: column 1: amount is not a field: .*did you mean '\.amount'/,
)
test(
  'a condition that is a list',
  mistake,
  route('{where: [.a], output: x}'),
  /^job\.yaml:4:19: branch: where: expected a condition, got a list$/,
)
test(
  'where beside else',
  mistake,
  route('{where: .a, else: true, output: x}'),
  /^job\.yaml:4:11: branch: where and else exclude each other/,
)
test(
  'else that is off',
  mistake,
  route('{else: false, output: x}'),
  'job.yaml:4:18: branch: else: expected true, got false',
)
test(
  'a branch without an end',
  mistake,
  route('{where: .a}'),
  'job.yaml:4:11: branch: it has no end: give one of output: FILE, dlq: FILE and drop: true',
)
test(
  'a branch with two ends',
  mistake,
  route('{where: .a, output: x, drop: true}'),
  /^job\.yaml:4:11: branch: output and drop exclude each other: give one of/,
)
test(
  'a branch that ends in standard output',
  mistake,
  route('{where: .a, output: "-"}'),
  'job.yaml:4:31: branch: output: expected a file of its own; what matches no branch goes on to the output of the job',
)
test(
  'a branch that appends to nothing',
  mistake,
  route('{where: .a, append: true, drop: true}'),
  /^job\.yaml:4:11: branch: append needs output$/,
)
test(
  'a branch behind one that takes all',
  mistake,
  route('{else: true, output: x}', large),
  'job.yaml:5:11: branch: no record gets here: the branch of line 4 takes all that are left',
)
test(
  'a branch with the condition of another',
  mistake,
  route(large, '{where: ".amount>100", drop: true}'),
  'job.yaml:5:11: branch: no record gets here: the branch of line 4 has the same where',
)
test(
  'a step behind a branch that takes all',
  mistake,
  `${route('{else: true, output: x}')}  - take: {count: 1}\n`,
  'job.yaml:5:5: take: no record gets here: the branch of line 4 takes all that are left',
)
test(
  'an output behind a branch that takes all',
  mistake,
  `${route('{else: true, output: x}')}output: y\n`,
  'job.yaml:5:9: output: no record gets here: the branch of line 4 takes all that are left',
)
test(
  'an end behind a branch that takes all',
  mistake,
  route('{where: .a, steps: [{route: {branches: [{else: true, drop: true}]}}], output: x}'),
  /^job\.yaml:4:89: branch: output: no record gets here: the branch of line 4 takes all/,
)
test(
  'a misspelt step of a branch',
  mistake,
  route('{where: .a, steps: [{tke: {count: 1}}], output: x}'),
  'job.yaml:4:32: Unknown step "tke"; did you mean take?',
)
test(
  'a branch with an empty list of steps',
  mistake,
  route('{where: .a, steps: [], output: x}'),
  'job.yaml:4:30: branch: steps: expected a list with at least one step, got an empty list',
)
test(
  'a branch with the name of another',
  mistake,
  route('{name: a, where: .a, output: x}', '{name: a, where: .b, output: y}'),
  'job.yaml:5:18: branch: the branch of line 4 has the name a too: give each a name of its own',
)
test(
  'a step with the name of a branch',
  mistake,
  route('{name: a, where: .a, output: x}').replace('steps:', 'steps:\n  - skip: {count: 0, name: a}'),
  /^job\.yaml:5:18: branch: the step of line 2 has the name a too/,
)
test(
  'a branch with a dot in its name',
  mistake,
  route('{name: a.b, where: .a, output: x}'),
  /^job\.yaml:4:18: branch: name: give up to 100 letters, digits, _ and -/,
)
test(
  'a variable in a condition',
  mistake,
  `vars: {n: {default: 1}}\n${route('{where: ".a > ${n}", output: x}')}`,
  /^job\.yaml:5:19: branch: where: \$\{n\} would become code here, whatever it holds; an expression reads \$n,/,
)
test(
  'a secret as a file of a branch',
  mistake,
  route('{where: .a, output: env:FILE}'),
  /^job\.yaml:4:31: branch: output: env:FILE is not read here/,
)
test(
  'a journal in a branch',
  mistake,
  route('{where: .a, steps: [{map: {journal: j, command: [cat]}}], output: x}'),
  /^job\.yaml:2:5: route: it would not see the records that are resumed; before a step with a journal may stand filter/,
)
test(
  'a call in a branch behind a journal',
  mistake,
  route('{where: .a, steps: [{map: {command: [cat]}}], output: x}').replace(
    'steps:',
    'steps:\n  - map: {journal: j, command: [cat], name: first}',
  ),
  /^job\.yaml:5:32: map: it comes after first, which has a journal, .*; no journal can be in a branch, so put/,
)
test(
  'appending in a branch behind a journal',
  mistake,
  route('{where: .a, output: x, append: true}').replace('steps:', 'steps:\n  - map: {journal: j, command: [cat]}'),
  /^job\.yaml:5:11: append cannot be used with a journal/,
)

test('expressions read variables as values', async t => {
  const job = await readJob({
    file: 'job.yaml',
    given: new Map([
      ['day', 'a"b'],
      ['min', '2.50'],
      ['zip', '01'],
      ['id', '7'],
    ]),
    bytes:
      Buffer.from(`vars: {day: {required: true}, min: {default: 1}, zip: {required: true}, id: {default: "1"}, on: {default: true}}
steps:
  - filter: {where: '.day == $day && .n >= $min && .zip == $zip && .id == $id && .on == $on && .a == "$day" && ."$id" == 1'}
  - route: {branches: [{where: .day != $day, drop: true}]}
`),
    commands,
  })
  t.deepEqual(job.steps[0]?.words.operands, [
    '.day == "a\\"b" && .n >= 2.50 && .zip == "01" && .id == "7" && .on == true && .a == "$day" && ."$id" == 1',
  ])
  t.is(job.branches[0]?.where?.text, '.day != "a\\"b"')
})

test(
  'a variable in an expression that is not declared',
  mistake,
  `vars: {day: {default: x}}\nsteps:\n  - filter: {where: .a == $dya}\n`,
  'job.yaml:3:21: $dya is not declared below vars: declared are day; did you mean day?',
)

test('a variable in an expression that is not a number as its default is', async t => {
  const bytes = Buffer.from('vars: {n: {default: 1}}\nsteps:\n  - filter: {where: .a > $n}\n')
  const error = await t.throwsAsync(readJob({ file: 'job.yaml', bytes, given: new Map([['n', 'ten']]), commands }))
  t.is(error?.message, 'job.yaml:3:21: $n is "ten", which is not a number; its default is one')
})

test('branches are read with their steps, names and ends', async t => {
  const job = await read(`dlq: failed
steps:
  - take: {count: 5}
  - route:
      name: sort
      branches:
        - name: large
          where: .amount > 100
          steps:
            - take: {count: 1}
            - route:
                branches:
                  - {where: .a, drop: true}
                  - {else: true, output: rest, append: true}
        - where: .kind == "refund"
          dlq: refunds
  - take: {count: 2}
`)
  t.deepEqual(
    job.trunk.map(({ name }) => name),
    ['take', 'sort', 'take-3'],
  )
  t.deepEqual(
    job.steps.map(({ name, stage }) => [name, stage.options.dlq]),
    [
      ['take', 'failed'],
      ['sort', 'failed'],
      ['take-2', 'failed'],
      ['route-2', 'failed'],
      ['branch-4', 'refunds'],
      ['take-3', 'failed'],
    ],
  )
  t.deepEqual(
    job.branches.map(({ name, end }) => [name, end]),
    [
      ['large', { kind: 'none' }],
      ['branch-2', { kind: 'drop' }],
      ['branch-3', { kind: 'file', path: 'rest', append: true }],
      ['branch-4', { kind: 'dlq', path: 'refunds' }],
    ],
  )
})
