import test from 'ava'
import { journalBehind, openJournals } from '../../../src/pipelines/running/journals.js'

type Job = Parameters<typeof openJournals>[0]
type Step = Job['steps'][number]

const createStep = (command: string, flags: readonly string[], journal?: object): Step =>
  ({ command, words: { flags, operands: ['1'], rest: undefined }, stage: { journal } }) as unknown as Step

/** What a journal is told of the steps in front of it. */
const describe = async (command: string, ...flags: readonly string[]): Promise<readonly string[]> => {
  let told: readonly string[] = []
  const journal = {
    async open(_: unknown, before: readonly string[]) {
      told = before
    },
    async close() {},
  }
  const steps = [createStep(command, flags), createStep('map', [], journal)]
  await openJournals({ trunk: steps } as unknown as Job, [], {})
  return told
}

test('flags that change no result do not make it another job; all others do', async t => {
  const plain = await describe('check', '--unique=.id')
  t.is(plain.length, 1)
  for (const flag of ['--tolerate=5', '--dlq=f', '--dlq-max=1MB', '--journal=j', '--resume', '--resume-from=x']) {
    t.deepEqual(await describe('check', '--unique=.id', flag), plain, flag)
  }
  for (const flag of ['--unique=.n', '--tolerated', '--dlqs=f', '--max-fail=5']) {
    t.notDeepEqual(await describe('check', '--unique=.id', flag), plain, flag)
  }
  t.notDeepEqual(await describe('filter', '--unique=.id'), plain)
})

test('when one journal cannot be opened those before it are closed again', async t => {
  const happened: string[] = []
  const journal = (name: string, fails = false) => ({
    async open() {
      happened.push(`open ${name}`)
      if (fails) throw new Error('It is in use')
    },
    async close() {
      happened.push(`close ${name}`)
    },
  })
  const steps = [
    createStep('map', [], journal('1')),
    createStep('map', [], journal('2', true)),
    createStep('map', [], journal('3')),
  ]
  await t.throwsAsync(openJournals({ trunk: steps } as unknown as Job, [], {}), { message: 'It is in use' })
  t.deepEqual(happened, ['open 1', 'open 2', 'close 1'])
})

test('a step without a journal is told of the next one behind it', t => {
  const journal = { path: 'j' }
  const steps = [
    createStep('skip', []),
    createStep('check', []),
    createStep('map', [], journal),
    createStep('take', []),
  ]
  const behind = (index: number) => journalBehind({ trunk: steps }, steps[index] as Step)
  t.is(behind(0), journal as never)
  t.is(behind(1), journal as never)
  t.is(behind(2), undefined)
  t.is(behind(3), undefined)
})
