// One circuit, many processes: it opens at the very threshold, one probe at a time is out, a killed prober strands nobody.
// node build/bench/soak/breaker.js [--rounds 50] [--quick: 5 rounds]; exit 1 when anything was violated.
import { parseArgs } from 'node:util'
import { roundOfDeath, roundOfFailures, roundOfProbes } from '../../test/helpers/breaker-rounds.js'

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, quick: { type: 'boolean', default: false } },
})
const rounds = Number(values.rounds ?? (values.quick ? 5 : 50))

const repeat = async <Result>(
  name: string,
  times: number,
  round: () => Promise<Result>,
  isGood: (result: Result) => boolean,
): Promise<void> => {
  let good = 0
  for (let number = 0; number < times; number++) {
    const result = await round()
    if (isGood(result)) good++
    else process.stdout.write(`${JSON.stringify({ name, number, result })}\n`)
  }
  process.stdout.write(`${JSON.stringify({ name, good, of: times })}\n`)
  if (good < times) process.exitCode = 1
}

await repeat('8 failures at a threshold of 8', rounds, roundOfFailures, ({ state, fail, late }) => {
  return state === 'open' && fail === 8 && late === 0
})
await repeat('8 processes, one probe at a time', rounds, roundOfProbes, ({ overlapped, delivered, state }) => {
  return !overlapped && delivered === 8 && state === 'closed'
})
// Each waits for a lease to end, which takes seconds.
await repeat('the prober is killed', Math.ceil(rounds / 10), roundOfDeath, ({ code, output, state }) => {
  return code === 0 && output !== '' && state === 'closed'
})
