// The main job: real records through throttle, map, dlq and batch, with a service that fails, hangs and leaves processes
// behind; the same from a job file, with the same outcome; its failures counted and divided by kind; then a circuit breaker
// through an outage of that service. Says what happened and checks that nothing was lost. `npm start` runs it; it needs no
// network and takes about 20 s.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const folder = 'streamz-demo'
const data = 'test/fixtures/data'
const inputs = ['amazon-cellphones', 'elasticoffee-bulk', 'datacite', 'wikidata'].map(name => `${data}/${name}.ndjson`)
const stages = ['throttle', 'map', 'dlq', 'batch']
const summary = stage => `--summary ${folder}/${stage}.json`

const pipeline = `streamz throttle --rate 100/s ${summary('throttle')} ${data}/*.ndjson |
  streamz map -j 4 --timeout 1s --kill-after 200ms --retries 1 --retry-on exit:75 --inline \\
    ${summary('map')} -- test/fixtures/service.sh |
  streamz dlq --to ${folder}/failed.ndjson ${summary('dlq')} |
  streamz batch --size 100 --bytes 64KiB --within 2s ${summary('batch')} > ${folder}/out.ndjson`

const job = 'streamz run scripts/main-job.yaml --cwd .'

const outage = `streamz take 60 ${data}/amazon-cellphones.ndjson |
  streamz breaker -j 2 --state ${folder}/api.json --min-calls 5 --open-for 500ms..1s --retries 9 --backoff 10ms..50ms \\
    ${summary('breaker')} -- test/fixtures/outage.sh > ${folder}/breaker.ndjson`

const counting = `streamz window --all --ts .time --key .error.kind --agg 'n=count, calls=sum(.attempts)' \\
    --no-failures-in ${folder}/failed.ndjson`

const splitting = `streamz partition --key .error.kind --out '${folder}/failed/{key}.ndjson' --no-failures-in ${folder}/failed.ndjson`

const main = async () => {
  process.chdir(root)
  if (!existsSync('dist/streamz.cjs')) throw new Error('dist/streamz.cjs is missing; run: npm ci')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'bin'), { recursive: true })
  mkdirSync(join(folder, 'job'))
  symlinkSync(resolve('dist/streamz.cjs'), join(folder, 'bin', 'streamz'))

  say(pipeline.replace(/^/gm, '  ').replace(/^ {2}/, '$ '))
  say('\nOn purpose the service fails, hangs, dies and leaves processes behind. This takes 5 to 20 seconds.')
  const started = performance.now()
  await run(`{ ${pipeline}; } 2> ${folder}/stderr.txt`)
  const seconds = (performance.now() - started) / 1000

  const reports = Object.fromEntries(
    stages.map(stage => [stage, JSON.parse(readFileSync(`${folder}/${stage}.json`, 'utf8'))]),
  )
  tellStages(reports)
  tellFailures(reports.map, seconds)
  const allTrue = await check(reports)
  const isSame = await runJob(reports)
  const sorted = await sortFailures(reports.map.failed_by_kind)
  const survived = await surviveOutage()
  tellNext()
  process.exitCode = allTrue && isSame && sorted && survived ? 0 : 1
}

const say = text => process.stdout.write(`${text}\n`)

const environment = {
  ...process.env,
  PATH: `${resolve(root, folder, 'bin')}${delimiter}${process.env.PATH}`,
  LEFT_BEHIND: `${folder}/left-behind.txt`,
  CALLS: `${folder}/calls.txt`,
}

// Where stdout is a pipe, as for the output of `unbatch`, it is given back.
const run = (command, stdout = 'inherit') =>
  new Promise((done, fail) => {
    const child = spawn('/bin/sh', ['-c', command], { env: environment, stdio: ['ignore', stdout, 'inherit'] })
    const chunks = []
    child.stdout?.on('data', chunk => chunks.push(chunk))
    child.on('error', fail)
    child.on('close', () => done(Buffer.concat(chunks).toString()))
  })

const tellStages = reports => {
  const heading = ['', 'read', 'delivered', 'failed', 'passed on', 'kept', 'exit']
  const rows = stages.map(stage => {
    const report = reports[stage]
    const kept = stage === 'dlq' ? report.upstream_failures : 0
    const passed = report.upstream_failures - kept
    return [stage, report.read, report.delivered, report.failed, passed, kept, report.exit_code].map(String)
  })
  say('')
  for (const row of [heading, ...rows]) {
    say(`  ${row.map((cell, at) => (at === 0 ? cell.padEnd(10) : cell.padStart(11))).join('')}`)
  }
}

const tellFailures = ({ failed, failed_by_kind: kinds, retried }, seconds) => {
  const list = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`)
  say(`\n  ${failed} records failed: ${list.join(', ')}; ${retried} calls were made a second time`)
  const { line, error } = readLines(`${folder}/failed.ndjson`)
    .map(letter => JSON.parse(letter))
    .find(letter => letter.error.kind === 'timeout' && letter.error.exit === 0)
  say(`  One of them, line ${line}: ${error.message}`)
  say(`  It took ${seconds.toFixed(1)} s`)
}

const check = async ({ throttle, map, dlq, batch }) => {
  const input = inputs.toSorted().flatMap(readLines)
  const output = await readResults(`${folder}/out.ndjson`)
  const letters = readLines(`${folder}/failed.ndjson`)
  const kept = letters.map(recordOf)
  const failed = new Set(letters.map(letter => JSON.parse(letter).line))
  const good = input.filter((_, index) => !failed.has(index + 1))
  const left = listLeftBehind()
  const facts = [
    [`${input.length} in = ${output.length} out + ${kept.length} failed`, input.length === output.length + kept.length],
    ['the counters of all stages say the same', agree({ throttle, map, dlq, batch }, input, output, kept)],
    ['all other records came out unchanged and in order', same(output, good)],
    [
      'what failed is kept, byte for byte',
      same(kept.toSorted(), input.filter((_, at) => failed.has(at + 1)).toSorted()),
    ],
    describeLeft(left),
  ]
  return tell(facts)
}

/** The same steps from a job file, in one process: what comes out, what failed and all counts are the same. */
const runJob = async ({ throttle, map, batch }) => {
  say(`\n$ ${job}`)
  const before = listLeftBehind()
  const started = performance.now()
  await run(`${job} 2> ${folder}/job/stderr.txt`)
  say(`\n  It took ${((performance.now() - started) / 1000).toFixed(1)} s, in one process`)
  const { steps } = JSON.parse(readFileSync(`${folder}/job/summary.json`, 'utf8'))
  const [shell, file] = [folder, `${folder}/job`]
  const output = await readResults(`${file}/out.ndjson`)
  const failures = readFailures(`${file}/failed.ndjson`)
  const facts = [
    [
      `the same ${output.length} records came out, byte for byte`,
      same(output, await readResults(`${shell}/out.ndjson`)),
    ],
    [
      `the same ${failures.length} records failed in the same way`,
      same(failures, readFailures(`${shell}/failed.ndjson`)),
    ],
    [
      'the counters of throttle, map and batch are the same',
      same(steps.map(countsOf), [throttle, map, batch].map(countsOf)),
    ],
    describeLeft(listLeftBehind().slice(before.length)),
  ]
  return tell(facts)
}

/** Failure records without what is of a single run: when, where, by which process, and from which line of which input. */
const readFailures = file =>
  readLines(file)
    .map(line => {
      const {
        time,
        first_failed_at,
        line: number,
        file: input,
        id,
        entry,
        duration_ms,
        stage,
        ...rest
      } = JSON.parse(line)
      return JSON.stringify({ ...rest, command: stage.command })
    })
    .toSorted()

// How many arrays `batch` makes of the same records depends on when they arrive.
const countsOf = summary =>
  JSON.stringify([...counted.map(key => summary[key]), Object.entries(summary.failed_by_kind).toSorted()])
const counted = ['command', 'read', 'delivered', 'filtered', 'failed', 'undelivered', 'unneeded', 'retried']

const readResults = async file => (await run(`streamz unbatch ${file}`, 'pipe')).trimEnd().split('\n')

const listLeftBehind = () => readFileSync(environment.LEFT_BEHIND, 'utf8').trim().split(/\s+/).map(Number)

const describeLeft = left => {
  const running = left.filter(isRunning)
  return [`of ${left.length} processes that the service left behind, ${running.length} still run`, running.length === 0]
}

const tell = facts => {
  say('')
  for (const [text, holds] of facts) say(`  ${holds ? 'ok   ' : 'WRONG'}  ${text}`)
  return facts.every(([, holds]) => holds)
}

/** What failed, counted per kind and divided into a file per kind. */
const sortFailures = async kinds => {
  say(`\n$ ${counting}\n$ ${splitting}\n`)
  const counted = await run(counting, 'pipe')
  say(counted.trimEnd().replace(/^/gm, '  '))
  await run(splitting)
  const counts = counted
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
    .map(({ key, n }) => [key, n])
  const files = Object.keys(kinds).map(kind => [kind, readLines(`${folder}/failed/${kind}.ndjson`)])
  const sizes = files.map(([kind, lines]) => [kind, lines.length])
  const facts = [
    [
      'window counts the failures that map counted',
      same(counts.map(String).toSorted(), Object.entries(kinds).map(String).toSorted()),
    ],
    ['each file of partition holds as many', same(sizes.map(String), Object.entries(kinds).map(String))],
    [
      'together they are the dead letters, byte for byte',
      same(files.flatMap(([, lines]) => lines).toSorted(), readLines(`${folder}/failed.ndjson`).toSorted()),
    ],
  ]
  return tell(facts)
}

/** The service is down for its first eight calls: the breaker trips, probes, and closes when it is back. */
const surviveOutage = async () => {
  say(`\n$ ${outage.replace(/^/gm, '  ').trimStart()}\n`)
  await run(`{ ${outage}; } 2> ${folder}/breaker-stderr.txt`)
  const changes = readLines(`${folder}/api.json.log`)
    .map(line => JSON.parse(line))
    .filter(({ type }) => type === 'transition')
  const start = Date.parse(changes[0]?.time)
  for (const { time, from, to, reason } of changes) {
    const seconds = ((Date.parse(time) - start) / 1000).toFixed(1).padStart(5)
    say(`  ${seconds} s  ${from.replace('_', ' ').padEnd(9)} -> ${to.replace('_', ' ').padEnd(9)}  ${because(reason)}`)
  }
  const input = readLines(`${data}/amazon-cellphones.ndjson`).slice(0, 60)
  const path = changes.map(({ to }) => to)
  const facts = [
    ['it tripped, probed and closed', path[0] === 'open' && path.includes('half_open') && path.at(-1) === 'closed'],
    ['no record was lost or changed, none failed', same(readLines(`${folder}/breaker.ndjson`), input)],
  ]
  return tell(facts)
}

const because = ({ rule, value, limit, calls }) =>
  ({
    fail_rate: `${Math.round(value * 100)}% of ${calls} calls failed, the limit is ${Math.round(limit * 100)}%`,
    probe_due: 'the pause is over: one probe at a time',
    probe_failed: `a probe failed after ${value} of ${limit} good ones`,
    recovered: `${value} good probes in a row`,
  })[rule] ?? rule

const readLines = file => readFileSync(file, 'utf8').replace(/\n$/, '').split('\n')

const agree = ({ throttle, map, dlq, batch }, input, output, kept) =>
  throttle.delivered === input.length &&
  map.read === input.length &&
  map.delivered === output.length &&
  map.failed === kept.length &&
  dlq.upstream_failures === kept.length &&
  batch.delivered === output.length

// A failure record ends with the record as it came; in the strings before it every quote is escaped.
const recordOf = letter => {
  const mark = ',"record":'
  const at = letter.indexOf(mark)
  return at === -1 ? JSON.parse(letter).raw : letter.slice(at + mark.length, -1)
}

const same = (left, right) => left.length === right.length && left.every((text, index) => text === right[index])

// What has ended but was not collected by its parent yet can still be signalled.
const isRunning = pid => {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const stat = `/proc/${pid}/stat`
  if (!existsSync(stat)) return process.platform !== 'linux'
  return !/^[ZX]/.test(readFileSync(stat, 'utf8').split(') ').at(-1))
}

const tellNext = () =>
  say(`
  Dead letters: ${folder}/failed.ndjson. Results: ${folder}/out.ndjson. What the stages said: ${folder}/stderr.txt
  The job file: scripts/main-job.yaml

Try next:
  export PATH="$PWD/${folder}/bin:$PATH"
  streamz unbatch ${folder}/out.ndjson | streamz skip 300 | streamz take 2
  streamz take 1 --no-failures-in ${folder}/failed.ndjson
  streamz map --timeout 2s --into .words -- wc -w < test/fixtures/orders.ndjson
  streamz explain scripts/main-job.yaml
  streamz breaker status ${folder}/api.json
  streamz help map`)

await main()
