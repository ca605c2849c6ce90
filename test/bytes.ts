import test from 'ava'
import { pipeline, streamz } from './helpers/cli.js'
import { readRuns } from './helpers/runs.js'
import { trickyInput, trickyOutput, trickyValues } from './helpers/tricky.js'

const runs = [...(await readRuns()).values()]
const split = (line: string) => line.split(' ')
const passing = runs.flatMap(({ untouched = [] }) => untouched.map(split))

for (const args of passing) {
  test(`${args.join(' ')} passes on every byte`, async t => {
    const { stdout, stderr, exitCode } = await streamz(t, args, { stdin: trickyInput })
    t.is(stdout.toString('latin1'), trickyOutput.toString('latin1'))
    t.is(stderr, '')
    t.is(exitCode, 0)
  })
}

test('every byte of every value comes through batch and unbatch', async t => {
  const stages = ['streamz batch --size 4', 'streamz unbatch']
  const stdin = trickyValues.map(value => ` ${value}\t\r\n`).join('\n')
  const { stdout, stderr, statuses } = await pipeline(t, stages, { stdin })
  t.is(String(stdout), trickyValues.map(value => `${value}\n`).join(''))
  t.is(stderr, '')
  t.deepEqual(statuses, [0, 0])
})

test('every byte of every value comes through batch --envelope and unbatch --items', async t => {
  const stages = ['streamz batch --bytes 64 --envelope', 'streamz unbatch --items']
  const { stdout, statuses } = await pipeline(t, stages, { stdin: trickyValues.join('\n') })
  t.is(String(stdout), trickyValues.map(value => `${value}\n`).join(''))
  t.deepEqual(statuses, [0, 0])
})

test('an empty input makes an empty output', async t => {
  const commands = [...passing, ...runs.flatMap(({ streams }) => streams.map(split))]
  for (const args of commands) {
    const { stdout, stderr, exitCode } = await streamz(t, args)
    t.deepEqual([args[0], String(stdout), stderr, exitCode], [args[0], '', '', 0])
  }
})
