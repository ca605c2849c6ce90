import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { realClock } from '../../../src/core/clock.js'
import { tryLongLock } from '../../../src/stores/files/long-lock.js'
import { shell, streamz } from '../../helpers/cli.js'
import { makeFiles } from '../../helpers/job.js'
import { killJournals } from '../../helpers/kill-journals.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const count = (n: number) => `${Array.from({ length: n }, (_, index) => `{"n":${index + 1}}`).join('\n')}\n`

const read = (cwd: string, name: string) => (existsSync(join(cwd, name)) ? readFileSync(join(cwd, name), 'utf8') : '')
const readLines = (cwd: string, name: string) => read(cwd, name).split('\n').slice(0, -1)

/** Each call leaves its line number in `calls`; lines named in `bad` fail with that exit code. */
const call = ['--', 'sh', '-c', 'echo $STREAMZ_LINE >>calls; grep -qx $STREAMZ_LINE bad && exit $(cat code); cat']

const makeRun = (t: ExecutionContext, files: Readonly<Record<string, string>> = {}) => {
  const cwd = makeFiles(t, { in: count(10), bad: '', code: '1', ...files })
  const run = async (...args: readonly string[]) => {
    rmSync(join(cwd, 'summary'), { force: true })
    const result = await streamz(t, ['map', '-j', '2', '--journal', 'j', '--summary', 'summary', ...args], { cwd })
    const summary = existsSync(join(cwd, 'summary')) ? JSON.parse(read(cwd, 'summary')) : {}
    return { ...result, out: String(result.stdout), summary }
  }
  return { cwd, run, calls: () => readLines(cwd, 'calls').length }
}

test('a resumed run calls nothing again, writes all results, and counts and exits as the whole journal', async t => {
  const { cwd, run, calls } = makeRun(t, { bad: '3\n7\n' })
  const first = await run('--dlq', 'failed', 'in', ...call)
  t.deepEqual([first.exitCode, calls(), readLines(cwd, 'failed').length], [1, 10, 2])
  t.is(first.summary.resumed, 0)
  const second = await run('--resume', '--dlq', 'failed', 'in', ...call)
  t.is(second.out, first.out)
  t.deepEqual([second.exitCode, calls(), readLines(cwd, 'failed').length], [1, 10, 2])
  t.deepEqual([second.summary.resumed, second.summary.delivered, second.summary.failed], [10, 8, 2])
  t.deepEqual(second.summary.failed_by_kind, { exit: 2 })
})

test('a journal that is there is not used without --resume, and not shared by two runs', async t => {
  const { cwd, run, calls } = makeRun(t)
  await run('in', ...call)
  const before = read(cwd, 'j')
  const again = await run('in', ...call)
  t.deepEqual([again.exitCode, again.out, calls(), read(cwd, 'j')], [2, '', 10, before])
  t.regex(again.stderr, /add --resume to go on with it, or remove it and j\.results to start again/)
  const lock = tryLongLock(join(cwd, 'j'), realClock)
  const busy = await run('--resume', 'in', ...call)
  lock?.release()
  t.deepEqual([busy.exitCode, busy.out], [75, ''])
  t.regex(busy.stderr, /j is in use by process \d+/)
})

test('a changed command, option, module, body or input is refused with what differs', async t => {
  const refuse = async (
    files: Readonly<Record<string, string>>,
    change: (cwd: string) => void,
    one: string[],
    other: string[],
  ) => {
    const { cwd, run } = makeRun(t, files)
    t.is((await run('in', ...one)).exitCode, 0)
    change(cwd)
    const result = await run('--resume', 'in', ...other)
    t.deepEqual([result.exitCode, result.out], [2, ''])
    const anyway = await run('--resume-anyway', 'in', ...other)
    t.is(anyway.exitCode, 0)
    // From now on it is for that.
    t.is((await run('--resume', 'in', ...other)).exitCode, 0)
    return /: --journal j was written by another run: (.*); use/.exec(result.stderr)?.[1]
  }
  const same = () => {}
  t.is(await refuse({}, same, ['--', 'cat'], ['--', 'cat', '-u']), 'COMMAND differs')
  t.is(await refuse({}, same, ['--', 'cat'], ['--keep', '--', 'cat']), '--keep was not given then')
  t.is(await refuse({}, same, ['--js', 'r => r'], ['--js', 'r => r.n']), '--js differs')
  const edit = (name: string, text: string) => (cwd: string) => writeFileSync(join(cwd, name), text)
  const module = { 'm.mjs': 'export default r => r\n' }
  const useModule = ['--module', './m.mjs']
  t.is(
    await refuse(module, edit('m.mjs', 'export default r => 1\n'), useModule, useModule),
    'the file of --module differs',
  )
  t.is(await refuse({}, edit('in', count(9)), ['--', 'cat'], ['--', 'cat']), 'the input in differs')
  // How many calls are made at once shapes no result.
  const { run } = makeRun(t)
  await run('in', '--', 'cat')
  t.is((await run('--resume', '-j', '7', '--timeout', '9s', '--retries', '4', 'in', '--', 'cat')).exitCode, 0)
})

test('a changed file of --body is refused', async t => {
  const { cwd, run } = makeRun(t, { body: '{.n}' })
  const http = ['--http', 'http://127.0.0.1:1/', '--body', '@body', '--retries', '0', '--max-fail', '0', 'in']
  await run(...http)
  writeFileSync(join(cwd, 'body'), '{.m}')
  t.regex((await run('--resume', ...http)).stderr, /: the file of --body differs;/)
})

test('another input from a pipe is refused at the first record that differs', async t => {
  const cwd = makeFiles(t, { in: count(4), other: count(4).replace('{"n":3}', '{"n":9}'), short: count(3) })
  const run = (input: string, ...flags: string[]) =>
    shell(t, `cat ${input} | streamz map --journal j ${flags.join(' ')} -- sh -c 'echo $STREAMZ_LINE >>calls; cat'`, {
      cwd,
    })
  await run('in')
  const other = await run('other', '--resume')
  t.is(other.exitCode, 2)
  t.regex(other.stderr, /was written for another input: line 3 of the input differs; use another journal/)
  const short = await run('short', '--resume')
  t.is(short.exitCode, 2)
  t.regex(short.stderr, /the input ended, but the journal has outcomes of 1 more lines/)
  t.is(readLines(cwd, 'calls').length, 4)
  const anyway = await run('other', '--resume-anyway')
  t.deepEqual([anyway.exitCode, String(anyway.stdout)], [0, '{"n":1}\n{"n":2}\n{"n":9}\n{"n":4}\n'])
  t.deepEqual(readLines(cwd, 'calls').slice(4), ['3'])
})

test('a run that ends with 75 four nights in a row and succeeds on the fifth calls nothing twice that had an outcome', async t => {
  const { cwd, run, calls } = makeRun(t, { in: count(12) })
  const night = async (works: number) => {
    // The service is up for so many calls and then asks to wait.
    writeFileSync(join(cwd, 'left'), `${works}`)
    const script = `read -r record; left=$(cat left); if [ $left = 0 ]; then echo 'retry-after: 3600' >&2; exit 75; fi; echo $((left - 1)) >left; echo $STREAMZ_LINE >>calls; echo "$record"`
    return run('-j', '1', '--resume', '--dlq', 'failed', '--max-pause', '1ms', 'in', '--', 'sh', '-c', script)
  }
  const codes: (number | undefined)[] = []
  for (const works of [3, 2, 0, 4, 99]) codes.push((await night(works)).exitCode)
  t.deepEqual(codes, [75, 75, 75, 75, 0])
  t.deepEqual(
    readLines(cwd, 'calls').map(Number),
    Array.from({ length: 12 }, (_, index) => index + 1),
  )
  t.is(calls(), 12)
  t.is(read(cwd, 'failed'), '')
  t.is((await night(0)).out, count(12))
})

test('--resume-failed calls failed records again and marks their dead letters done', async t => {
  const { cwd, run, calls } = makeRun(t, { bad: '3\n7\n' })
  await run('--dlq', 'failed', 'in', ...call)
  writeFileSync(join(cwd, 'bad'), '7\n')
  const second = await run('--resume-failed', '--dlq', 'failed', 'in', ...call)
  t.deepEqual([second.exitCode, calls(), second.summary.resumed, second.summary.failed], [1, 12, 8, 1])
  // What failed again is in the file once.
  t.is(String((await streamz(t, ['dlq', 'replay', 'failed'], { cwd })).stdout), '{"n":7}\n')
  writeFileSync(join(cwd, 'bad'), '')
  const third = await run('--resume-failed', '--dlq', 'failed', 'in', ...call)
  t.deepEqual([third.exitCode, third.out, calls()], [0, count(10), 13])
  t.is(String((await streamz(t, ['dlq', 'replay', 'failed'], { cwd })).stdout), '')
})

test('batches, several results, none, inline failures and results in the record are as they were', async t => {
  const items = '[{"id":1},{"id":2}]\n[{"id":3}]\n[]\n[{"id":4},{"id":5}]\n'
  const cases: readonly (readonly [input: string, args: readonly string[]])[] = [
    [items, ['--batch', '--inline', '--js', 'a => a.map(r => r.id % 2 ? {error: "odd"} : r)']],
    [count(4), ['--multi', '--', 'sh', '-c', 'read -r r; seq $STREAMZ_LINE; [ $STREAMZ_LINE != 3 ]']],
    [
      count(4),
      ['--multi', '--inline', '--js', 'r => { if (r.n === 2) throw new Error("é"); return Array(r.n - 1).fill(r) }'],
    ],
    [count(4), ['--js', 'r => r.n === 2 ? undefined : r']],
    [count(4), ['--into', '.a', '--', 'wc', '-c']],
    ['a\nb\n', ['-R', '--raw', '--', 'cat']],
    ['1\nno\n2\n', ['--inline', '--keep', '--', 'cat']],
  ]
  for (const [input, args] of cases) {
    const { cwd, run } = makeRun(t, { in: input })
    const first = await run('--failures', 'brief', 'in', ...args).then(result =>
      result.exitCode === 2 ? run('in', ...args) : result,
    )
    const second = await run('--resume', 'in', ...args)
    const strip = (text: string) => text.replace(/"(time|first_failed_at)":"[^"]*"|"pid":\d+/g, '')
    t.is(strip(second.out), strip(first.out), args.join(' '))
    t.is(second.exitCode, first.exitCode, args.join(' '))
    const { resumed, seconds, calls, ...counters } = second.summary
    const { resumed: before, seconds: lasted, calls: made, ...counted } = first.summary
    t.deepEqual(counters, { ...counted, ...(args.includes('--inline') ? { bytes_out: counters.bytes_out } : {}) })
    t.deepEqual([before, calls.count], [0, 0], cwd)
  }
})

test('records that were cut off are left to the next run, not in the dead-letter file', async t => {
  const { cwd, run } = makeRun(t)
  const wait = ['--', 'sh', '-c', '[ $STREAMZ_LINE != 1 ] || [ -e go ] || sleep 100; cat']
  const cut = await run(
    '--order',
    'completion',
    '--dlq',
    'failed',
    '--deadline',
    '700ms',
    '--drain',
    '0',
    'in',
    ...wait,
  )
  t.is(cut.exitCode, 124)
  t.is(read(cwd, 'failed'), '')
  t.true(cut.summary.undelivered >= 1)
  writeFileSync(join(cwd, 'go'), '')
  const rest = await run('--resume', '--dlq', 'failed', 'in', ...wait)
  t.deepEqual([rest.exitCode, rest.out], [0, count(10)])
})

test('a full disk ends the run with 74, and the next one goes on', async t => {
  const cwd = makeFiles(t, { in: count(60) })
  const run = (limit: string) =>
    shell(
      t,
      `trap '' XFSZ; ${limit} streamz map -j 1 --journal j --resume in -- sh -c 'echo $STREAMZ_LINE >>calls; cat' | cat; exit $\{PIPESTATUS[0]}`,
      { cwd },
    )
  const full = await run('ulimit -f 1;')
  t.is(full.exitCode, 74)
  t.regex(full.stderr, /Cannot write down what was done: No space to write j/)
  const noted = readLines(cwd, 'j').filter(line => line.startsWith('["ok"')).length
  t.true(noted > 0 && noted < 60)
  const rest = await run('')
  t.deepEqual([rest.exitCode, String(rest.stdout), rest.stderr], [0, count(60), ''])
  t.true(readLines(cwd, 'calls').length <= 61)
})

test('damaged outcomes are told, and only their records are called again', async t => {
  const { cwd, run, calls } = makeRun(t)
  await run('-j', '1', 'in', ...call)
  writeFileSync(join(cwd, 'j.results'), read(cwd, 'j.results').replace('{"n":4}', '{"n":5}'))
  writeFileSync(join(cwd, 'j'), `${read(cwd, 'j').slice(0, -9)}`)
  const { out, exitCode, stderr } = await run('--resume', 'in', ...call)
  t.deepEqual([out, exitCode], [count(10), 0])
  t.regex(stderr, /The last \d+ bytes of j are damaged and were cut off; their records are called again/)
  t.regex(stderr, /1 damaged outcomes of j are ignored; their records are called again/)
  t.deepEqual([calls(), ...readLines(cwd, 'calls').slice(10)], [12, '4', '10'])
})

test('a failure that a killed run noted is written to the dead-letter file if it is not there yet, and once', async t => {
  const { cwd, run, calls } = makeRun(t, { bad: '3\n7\n' })
  await run('--dlq', 'failed', 'in', ...call)
  // As when the run was killed before it noted that the file has them, and before one of them was written.
  writeFileSync(join(cwd, 'j'), read(cwd, 'j').replace(/^\["kept".*\n/gm, ''))
  writeFileSync(join(cwd, 'failed'), `${readLines(cwd, 'failed')[0]}\n`)
  for (let again = 0; again < 2; again++) {
    const { exitCode, summary } = await run('--resume', '--dlq', 'failed', 'in', ...call)
    t.deepEqual([exitCode, summary.failed, calls()], [1, 2, 10])
    const lines = readLines(cwd, 'failed').map(line => JSON.parse(line).line)
    t.deepEqual(lines.toSorted(), [3, 7])
  }
})

test('dlq replay has no journal of its own', async t => {
  const { exitCode, stderr } = await streamz(t, ['dlq', 'replay', 'failed', '--journal', 'j', '--', 'cat'])
  t.is(exitCode, 2)
  t.regex(stderr, /unknown option '--journal'/i)
})

test('what cannot work together is refused', async t => {
  const { run, cwd } = makeRun(t)
  const twice = await run('in', 'in', '--', 'cat')
  t.deepEqual([twice.exitCode, existsSync(join(cwd, 'j'))], [2, false])
  t.regex(twice.stderr, /in is given twice/)
  const alone = await streamz(t, ['map', '--resume', 'in', '--', 'cat'], { cwd })
  t.regex(alone.stderr, /--resume needs --journal FILE/)
  const dry = await run('--dry-run', 'in', '--', 'cat')
  t.deepEqual([dry.exitCode, existsSync(join(cwd, 'j'))], [0, false])
  const same = await run('--dlq', 'j.results', 'in', '--', 'cat')
  t.is(same.exitCode, 2)
})

for (const how of ['map', 'run'] as const) {
  test(`${how}: killed and resumed, nothing is lost, comes twice or is called again once it is noted`, async t => {
    const options = { rounds: 3, records: 24, kills: 1, random: Math.random, how }
    const { kills, problems } = await killJournals(makeFolder(t), options)
    t.deepEqual(problems, [])
    t.is(kills, 3)
  })
}
