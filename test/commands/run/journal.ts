import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { streamz } from '../../helpers/cli.js'
import { makeFiles } from '../../helpers/job.js'

const count = (n: number) => `${Array.from({ length: n }, (_, index) => index + 1).join('\n')}\n`
const linesOf = (cwd: string, name: string) => readFileSync(join(cwd, name), 'utf8').split('\n').slice(0, -1)

const makeJob = (t: ExecutionContext, job: string, records = 8) => {
  const cwd = makeFiles(t, { 'job.yaml': job, in: count(records), max: '3', calls: '' })
  const run = (...args: readonly string[]) => streamz(t, ['run', 'job.yaml', ...args], { cwd })
  return { cwd, run }
}

/** Works for as many calls as the file `max` says. */
const call = `[sh, -c, 'read -r r; [ $r -le $(cat max) ] || { echo "retry-after: 3600" >&2; exit 75; }; echo $r >>calls; echo $r']`

test('what stands before the journalled step is not done again, what stands behind sees all records', async t => {
  const { cwd, run } = makeJob(
    t,
    `input: in
output: out
dlq: failed
summary: summary
steps:
  - check: {range: ".=2.."}
  - filter: {where: ". != 2"}
  - throttle: {rate: 20/h, burst: 20, max-wait: 1s, state: quota}
  - map: {journal: j, concurrency: 1, max-pause: 1ms, command: ${call}}
  - batch: {size: 2}
`,
  )
  for (const max of [3, 5]) {
    writeFileSync(join(cwd, 'max'), `${max}`)
    t.is((await run('--resume')).exitCode, 75)
    t.false(existsSync(join(cwd, 'out')))
    t.deepEqual(
      readdirSync(cwd).filter(name => name.endsWith('.tmp')),
      [],
    )
  }
  t.deepEqual(linesOf(cwd, 'calls'), ['3', '4', '5'])
  writeFileSync(join(cwd, 'max'), '99')
  const last = await run('--resume')
  // The record that `check` refuses.
  t.is(last.exitCode, 1)
  t.deepEqual(linesOf(cwd, 'out'), ['[3,4]', '[5,6]', '[7,8]'])
  t.deepEqual(linesOf(cwd, 'calls'), ['3', '4', '5', '6', '7', '8'])
  t.is(linesOf(cwd, 'failed').length, 1)
  const { steps } = JSON.parse(readFileSync(join(cwd, 'summary'), 'utf8'))
  t.deepEqual(
    steps.map(({ stage, read, delivered, failed, resumed }: Record<string, unknown>) => [
      stage,
      read,
      delivered,
      failed,
      resumed,
    ]),
    [
      ['check', 8, 7, 1, undefined],
      ['filter', 7, 6, 0, undefined],
      ['throttle', 6, 6, 0, undefined],
      ['map', 6, 6, 0, 4],
      ['batch', 6, 6, 0, undefined],
    ],
  )
  // Six records each time would be more than the quota: those that are resumed use none.
  for (let night = 0; night < 3; night++) t.is((await run('--resume')).exitCode, 1)
  t.deepEqual(linesOf(cwd, 'out'), ['[3,4]', '[5,6]', '[7,8]'])
  t.is(linesOf(cwd, 'failed').length, 1)
})

test('branches behind the journalled step see all records anew', async t => {
  const { cwd, run } = makeJob(
    t,
    `input: in
output: out
steps:
  - map: {journal: j, concurrency: 1, max-pause: 1ms, command: ${call}}
  - route: {branches: [{where: ". > 2", steps: [{batch: {size: 2}}], output: large}]}
`,
  )
  t.is((await run('--resume')).exitCode, 75)
  t.deepEqual(
    readdirSync(cwd).filter(name => /out|large|tmp/.test(name)),
    [],
  )
  writeFileSync(join(cwd, 'max'), '99')
  t.is((await run('--resume')).exitCode, 0)
  t.deepEqual(linesOf(cwd, 'calls'), ['1', '2', '3', '4', '5', '6', '7', '8'])
  t.deepEqual(linesOf(cwd, 'out'), ['1', '2'])
  t.deepEqual(linesOf(cwd, 'large'), ['[3,4]', '[5,6]', '[7,8]'])
})

test('two steps have a journal each, and neither calls again', async t => {
  const two = (name: string) =>
    `  - map: {journal: ${name}, concurrency: 2, command: [sh, -c, "echo ${name} >>calls; cat"]}\n`
  const { cwd, run } = makeJob(
    t,
    `input: in\noutput: out\nsteps:\n${two('j')}  - filter: {where: ". != 2"}\n${two('k')}`,
  )
  t.is((await run()).exitCode, 0)
  rmSync(join(cwd, 'out'))
  t.is((await run('--resume')).exitCode, 0)
  t.deepEqual(linesOf(cwd, 'out'), ['1', '3', '4', '5', '6', '7', '8'])
  t.is(linesOf(cwd, 'calls').length, 8 + 7)
})

test('a breaker has a journal, and a step before it that changes is told', async t => {
  const job = (where: string) =>
    `input: in\noutput: out\nsteps:\n  - filter: {where: "${where}"}\n  - breaker: {journal: j, command: [cat]}\n`
  const { cwd, run } = makeJob(t, job('. != 2'))
  t.is((await run()).exitCode, 0)
  writeFileSync(join(cwd, 'job.yaml'), job('. != 3'))
  const { stderr, exitCode } = await run('--resume')
  t.is(exitCode, 2)
  t.regex(stderr, /what stands before the step differs/)
})

test('a job that cannot be resumed is a mistake with line and column', async t => {
  const refuse = async (steps: string, wanted: RegExp, more = '') => {
    const { run, cwd } = makeJob(t, `input: in\n${more}steps:\n${steps}`)
    const { stderr, exitCode } = await run()
    t.is(exitCode, 2, steps)
    t.regex(stderr, wanted)
    t.false(existsSync(join(cwd, 'j')))
  }
  const map = '  - map: {journal: j, command: [cat]}\n'
  await refuse(
    `  - batch: {size: 2}\n${map}`,
    /job\.yaml:3:5: batch: it would not see the records that are resumed; before/,
  )
  await refuse(`  - skip: {count: 2, last: true}\n${map}`, /job\.yaml:3:5: skip: with last it holds records/)
  await refuse(
    `${map}  - map: {command: [cat]}\n`,
    /job\.yaml:4:5: map: it comes after map, which has a journal, and would call/,
  )
  await refuse(`${map}  - breaker: {command: [cat]}\n`, /job\.yaml:4:5: breaker: it comes after map/)
  await refuse(`${map}  - map: {journal: j, command: [cat]}\n`, /job\.yaml:4:5: map: j is the journal of map too/)
  await refuse(
    '  - map: {journal: j, multi: true, command: [cat]}\n  - map: {journal: k, command: [cat]}\n',
    /job\.yaml:3:5: map: with multi its results have no line of their own/,
  )
  await refuse(map, /job\.yaml:3:9: append cannot be used with a journal/, 'output: out\nappend: true\n')
  const { run } = makeJob(t, 'input: in\nsteps:\n  - map: {command: [cat]}\n')
  const { exitCode, stderr } = await run('--resume')
  t.is(exitCode, 2)
  t.regex(stderr, /--resume needs a step with a journal/)
})

test('the test of a job with a journal writes none', async t => {
  const cwd = makeFiles(t, {
    'job.yaml': 'steps:\n  - map: {journal: j, command: [cat]}\n',
    'job.test.yaml': `job: job.yaml\ntests:\n  - name: it calls\n    input: ['1']\n    calls: {map: [{answer: '2'}]}\n    expect: {output: ['2'], exit: 0}\n`,
  })
  const { exitCode } = await streamz(t, ['test', 'job.test.yaml'], { cwd })
  t.is(exitCode, 0)
  t.deepEqual(readdirSync(cwd).toSorted(), ['job.test.yaml', 'job.yaml'])
})
