// Compares expressions with jq, where it is installed and means the same: what differs is in docs/filter.md.
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createTester } from '../../test/helpers/expressions.js'
import fc from '../../test/helpers/fast-check.js'

// Not called by its name where it stands: it need not be there.
const program = 'jq'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, seed: { type: 'string' } } })
if (spawnSync(program, ['--version']).status !== 0) {
  console.log('jq is not installed: nothing to compare with')
  process.exit(0)
}
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const count = values.quick ? 500 : 5000

/** A condition in our words and in those of jq. */
type Both = { readonly ours: string; readonly jq: string }

// jq stops at a field of what is no object, so those have none here; null stands for what is missing.
const field = fc
  .constantFrom('.a', '.b', '.c.d', '.e[1]', '."odd key"')
  .map(ours => ({ ours, jq: `(try ${ours} catch null)` }))
// Whole numbers up to 2^53 and short fractions: jq 1.6 reads others as doubles.
const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, 1.25, 9007199254740991)).map(String)
const text = fc
  .constantFrom('', 'a', 'ab', 'b', 'é', '\uffff', '😀', '"', '\\', 'DE')
  .map(value => JSON.stringify(value))
// Not null: a missing field is null for jq.
const value = fc.oneof(
  number,
  text,
  fc.constantFrom('true', 'false', '[1,"a"]', '{"x":1,"y":[2]}', '{"y":[2],"x":1.0}'),
)
// Without ^ and $, which jq ties to lines.
const pattern = fc.constantFrom('a', 'b+', '[ab]', 'a|D', 'é', 'D?E', '.', '[^a]', '(?:é|b)+')

const leaf: fc.Arbitrary<Both> = fc.oneof(
  field.map(({ ours, jq }) => ({ ours, jq: `(${jq} | if . then true else false end)` })),
  fc.tuple(field, fc.constantFrom('==', '!='), value).map(([{ ours, jq }, operator, json]) => ({
    ours: `${ours} ${operator} ${json}`,
    jq: `(${jq} ${operator} ${json})`,
  })),
  // jq orders values of all types.
  fc
    .tuple(field, fc.constantFrom('<', '<=', '>', '>='), fc.oneof(number, text))
    .map(([{ ours, jq }, operator, json]) => ({
      ours: `${ours} ${operator} ${json}`,
      jq: `(${jq} | (type == (${json} | type)) and . ${operator} ${json})`,
    })),
  fc.tuple(field, fc.array(value, { maxLength: 10 })).map(([{ ours, jq }, list]) => ({
    ours: `${ours} in [${list}]`,
    jq: `(${jq} | . as $one | any([${list}][]; . == $one))`,
  })),
  fc.tuple(field, pattern).map(([{ ours, jq }, source]) => ({
    ours: `${ours} =~ "${source}"`,
    jq: `(${jq} | type == "string" and test(${JSON.stringify(source)}))`,
  })),
)

const condition: fc.Arbitrary<Both> = fc.letrec<{ any: Both }>(tie => ({
  any: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.tuple(tie('any'), fc.constantFrom(['&&', 'and'], ['||', 'or']), tie('any')).map(([one, [ours, jq], two]) => ({
      ours: `(${one.ours}) ${ours} (${two.ours})`,
      jq: `(${one.jq} ${jq} ${two.jq})`,
    })),
    tie('any').map(({ ours, jq }) => ({ ours: `!(${ours})`, jq: `(${jq} | not)` })),
  ),
})).any

const record = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom('"a"', '"b"', '"odd key"', '"c"', '"e"'), fc.oneof(value, fc.constant('null'))),
      value.map(json => ['"c"', `{"d":${json}}`] as const),
      value.map(json => ['"e"', `[0,${json}]`] as const),
    ),
    { maxLength: 6 },
  )
  .map(members => `{${members.map(([key, json]) => `${key}:${json}`)}}`)

const conditions = fc.sample(condition, { numRuns: count, seed })
const records = fc.sample(record, { numRuns: 200, seed })
const input = `${records.join('\n')}\n`
let differing = 0
for (let from = 0; from < conditions.length; from += 50) {
  const some = conditions.slice(from, from + 50)
  const { stdout, stderr } = spawnSync(program, ['-c', `[${some.map(({ jq }) => jq)}]`], { input, encoding: 'utf8' })
  const answers = stdout.trim().split('\n')
  if (answers.length !== records.length) throw new Error(`jq gave ${answers.length} answers: ${stderr.slice(0, 500)}`)
  const testers = some.map(({ ours }) => createTester(ours))
  for (const [index, answer] of answers.entries()) {
    for (const [at, wanted] of (JSON.parse(answer) as boolean[]).entries()) {
      if (testers[at]?.(records[index] as string) === wanted) continue
      if (++differing <= 10) console.log(`${some[at]?.ours} of ${records[index]} is ${wanted} for jq`)
    }
  }
}
console.log(`${conditions.length} expressions of ${records.length} records, seed ${seed}: ${differing} differ from jq`)
if (differing > 0) process.exitCode = 1
